// SPDX-License-Identifier: MIT
// What comes over the socket, and what goes back.
#include "host.hpp"

#include <client.hpp>
#include <commands.hpp>
#include <socket.hpp>
#include <status.hpp>
#include <table.hpp>

#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

namespace lavandin::coopd {

namespace {

using Json = nlohmann::json;

class Commands : public Host {
protected:
    Json ask(std::string const& line) { return Json::parse(obey(*daemon, line)); }
    Json ask(Json const& request) { return ask(request.dump()); }
    std::string refusal(Json const& request) { return ask(request).value("error", ""); }
};

std::string temporary(char const* name) {
    return (std::filesystem::temp_directory_path() / fmt::format("{}-{}", name, getpid())).string();
}

} // namespace

TEST_F(Commands, nonsense_is_refused_with_a_reason) {
    start();
    daemon->turn();
    for (char const* line :
         {"", "{", "[]", "7", "null", "{}", R"({"command":7})", R"({"command":"dance"})",
          R"({"command":"request"})", R"({"command":"request","domain":1,"processors":1})",
          R"({"command":"request","domain":"x","processors":1})",
          R"({"command":"request","domain":"0","processors":-1})",
          R"({"command":"policy","policy":"mine"})", "\xff\xfe\xfd"})
        EXPECT_FALSE(ask(std::string{line}).value("error", "").empty()) << line;
}

TEST_F(Commands, status_says_what_is_known) {
    join(1, 2);
    xen.create(2, 1);
    xen.machine.at(2).store["name"] = "evil\x1b[2J\xff";
    start();
    run(200 * millisecond);
    Json const found = ask(Json{{"command", "status"}}).at("ok");
    EXPECT_EQ(found.at("version"), 1);
    EXPECT_EQ(found.at("policy"), "proportional");
    ASSERT_EQ(found.at("domains").size(), 3u);
    Json const& guest = found.at("domains").at(1);
    EXPECT_EQ(guest.at("name"), "guest-1");
    EXPECT_EQ(guest.at("cooperating"), true);
    EXPECT_EQ(guest.at("connection"), "joined");
    EXPECT_EQ(guest.at("claims").at("load"), "throughput");
    EXPECT_EQ(guest.at("measured").at("vcpus"), 2);
    Json const& other = found.at("domains").at(2);
    EXPECT_EQ(other.at("cooperating"), false);
    EXPECT_TRUE(other.at("claims").is_null());
    std::string const table = coopctl::table(found);
    EXPECT_EQ(table.find('\x1b'), std::string::npos);
    EXPECT_NE(table.find("not cooperating"), std::string::npos);
    EXPECT_NE(table.find("~throughput"), std::string::npos) << "claims are marked";
    EXPECT_NE(table.find(" ~2/2 "), std::string::npos) << "Xen does not see who is parked";
}

TEST_F(Commands, the_operators_wishes_are_checked) {
    Fake_guest& guest = join(1, 4);
    guest.demand = 0;
    xen.create(2, 2);
    block(1);
    block(2); // nobody is short of anything
    xen.processors = 4;
    start();
    run(100 * millisecond);
    ASSERT_TRUE(guest.joined());
    auto const wish = [](char const* command, char const* domain, int processors) {
        return Json{{"command", command}, {"domain", domain}, {"processors", processors}};
    };
    EXPECT_NE(refusal(wish("reclaim", "guest-2", 1)).find("give back"), std::string::npos);
    EXPECT_NE(refusal(wish("request", "2", 2)).find("take"), std::string::npos);
    EXPECT_NE(refusal(wish("request", "1", 4)).find("already"), std::string::npos);
    EXPECT_NE(refusal(wish("reclaim", "1", 4)).find("only"), std::string::npos);
    EXPECT_NE(refusal(wish("request", "1", 65)).find("1 to 64"), std::string::npos);
    EXPECT_EQ(ask(wish("reclaim", "guest-1", 1)).at("ok").at("processors"), 1);
    run(300 * millisecond);
    EXPECT_EQ(guest.online(), 0b0001u);
    EXPECT_NE(refusal(wish("request", "1", 5)).find("at most"), std::string::npos);
    Json const row = ask(Json{{"command", "status"}}).at("ok").at("domains").at(1);
    EXPECT_EQ(row.at("operator").at("processors"), 1);
    EXPECT_EQ(row.at("last").at("reclaim").at("reason"), "unwanted");
    EXPECT_FALSE(row.at("last").at("done").is_null());
    EXPECT_TRUE(ask(Json{{"command", "auto"}, {"domain", "1"}}).contains("ok"));
    EXPECT_FALSE(entry(1).pinned.has_value());
}

TEST_F(Commands, the_policy_can_be_changed) {
    start();
    daemon->turn();
    EXPECT_EQ(ask(Json{{"command", "policy"}, {"policy", "static"}}).at("ok").at("policy"),
              "static");
    EXPECT_EQ(daemon->decisions().state().kind, uint32_t{POLICY_STATIC});
    EXPECT_EQ(ask(Json{{"command", "policy"}}).at("ok").at("policy"), "static");
}

TEST(Sanitised, leaves_nothing_that_a_terminal_obeys) {
    std::string all;
    for (int i = 0; i < 256; ++i)
        all += static_cast<char>(i);
    for (char const each : coopctl::sanitised(all, 1000)) {
        EXPECT_GE(each, ' ');
        EXPECT_LE(each, '~');
    }
    EXPECT_EQ(coopctl::sanitised(std::string(100, 'x'), 5), "xxxxx...");
}

// One that serves until it is told to stop.
class Served {
public:
    Served(std::string const& path, Socket::Answer answer) : _socket{path, std::move(answer)} {
        _thread = std::thread{[this] {
            while (!_over) {
                std::vector<pollfd> polled;
                _socket.wait_for(polled);
                poll(polled.data(), polled.size(), 20);
                _socket.serve(polled);
            }
        }};
    }
    ~Served() {
        _over = true;
        _thread.join();
    }

private:
    Socket _socket;
    std::atomic<bool> _over{false};
    std::thread _thread;
};

TEST(Coopd_socket, carries_lines_and_refusals) {
    std::string const path = temporary("coopd-socket");
    std::string const large(300'000, 'x');
    Served const served{path, [&](std::string_view line) {
                            return line.find("bad") != std::string_view::npos
                                       ? std::string{R"({"error":"no"})"}
                                       : Json{{"ok", large}}.dump();
                        }};
    coopctl::Client client{path};
    EXPECT_EQ(client.ask({{"command", "one"}}), large);
    EXPECT_EQ(client.ask({{"command", "two"}}), large);
    EXPECT_THROW(client.ask({{"command", "bad"}}), coopctl::Client_error);
    EXPECT_THROW((Socket{path, {}}), std::runtime_error) << "somebody listens already";
}

TEST(Coopd_socket, says_when_nobody_listens) {
    std::string const path = temporary("coopd-nobody");
    EXPECT_THROW(coopctl::Client{path}, coopctl::Client_error);
    EXPECT_THROW(coopctl::Client{std::string(200, 'x')}, coopctl::Client_error);
    EXPECT_THROW((Socket{std::string(200, 'x'), {}}), std::runtime_error);
    { Socket const first{path, {}}; }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Coopd_socket, drops_who_says_too_much) {
    std::string const path = temporary("coopd-much");
    Served const served{path, [](std::string_view) { return std::string{R"({"ok":1})"}; }};
    coopctl::Client client{path};
    EXPECT_THROW(client.ask({{"command", std::string(100'000, 'x')}}), coopctl::Client_error);
    EXPECT_EQ(coopctl::Client{path}.ask({{"command", "x"}}), 1);
}

} // namespace lavandin::coopd
