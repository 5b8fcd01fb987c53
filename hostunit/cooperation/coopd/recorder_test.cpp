// SPDX-License-Identifier: MIT
// What coopd records can be replayed: the policy decides the same again, and another policy may
// not.
#include "host.hpp"

#include <replay.hpp>
#include <step_record.hpp>

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace lavandin::coopd {

namespace {

class Recorded : public Host {
protected:
    Recorded() {
        settings.record =
            (std::filesystem::temp_directory_path() / fmt::format("coopd-record-{}", getpid()))
                .string();
    }
    ~Recorded() override { std::filesystem::remove_all(settings.record); }

    // A short life with requests, the operator's hand, and domains that come and go.
    void live() {
        Fake_guest& guest = join(1, 4);
        guest.demand = 3500;
        join(2, 2).demand = 1500;
        xen.processors = 4;
        start();
        run(300 * millisecond);
        guest.request(4);
        run(200 * millisecond);
        daemon->decisions().pin(entry(2), 1);
        run(200 * millisecond);
        daemon->decisions().pin(entry(2), std::nullopt);
        destroy(1);
        join(1, 2);
        run(500 * millisecond);
        daemon->leave();
        daemon.reset();
    }
    std::ifstream recording(char const* name) const {
        return std::ifstream{settings.record + "/" + name};
    }
};

} // namespace

TEST_F(Recorded, the_policy_decides_the_same_again) {
    live();
    std::ifstream file = recording("policy.jsonl");
    coopctl::Replay const result = coopctl::replay(file, std::nullopt, 3);
    EXPECT_GT(result.steps, 50u);
    EXPECT_GT(result.actions, 5u);
    EXPECT_EQ(result.different, 0u);
    for (coopctl::Difference const& each : result.differences)
        ADD_FAILURE() << each.line << "\nthen " << each.then << "\nnow " << each.now;
}

TEST_F(Recorded, answers_between_steps_are_among_what_is_decided_again) {
    live();
    std::ifstream file = recording("policy.jsonl");
    unsigned answers = 0;
    for (std::string line; std::getline(file, line);) {
        auto const row = nlohmann::json::parse(line);
        if (!row.at("answer").get<bool>())
            continue;
        ++answers;
        EXPECT_EQ(row.at("domains").size(), 1u);
        EXPECT_EQ(row.at("actions").at(0).at(0), uint32_t{POLICY_ANSWER});
    }
    EXPECT_GE(answers, 1u);
}

TEST_F(Recorded, another_policy_decides_otherwise) {
    live();
    std::ifstream file = recording("policy.jsonl");
    coopctl::Replay const result = coopctl::replay(file, POLICY_STATIC, 3);
    EXPECT_GT(result.different, 0u);
    EXPECT_LE(result.differences.size(), 3u);
}

TEST_F(Recorded, what_was_said_is_there_line_by_line) {
    live();
    std::ifstream file = recording("protocol.jsonl");
    std::string line;
    std::map<std::string, unsigned> seen;
    while (std::getline(file, line)) {
        auto const row = nlohmann::json::parse(line);
        EXPECT_EQ(row.at("side"), "vmm");
        ++seen[row.at("event").get<std::string>()];
    }
    for (char const* event : {"begin", "take", "say", "show", "put", "notify", "wake", "sleep"})
        EXPECT_GT(seen[event], 0u) << event;
}

TEST_F(Recorded, a_file_ends_at_its_limit) {
    settings.record_limit = 2000;
    live();
    for (char const* name : {"policy.jsonl", "protocol.jsonl"}) {
        auto const size = std::filesystem::file_size(settings.record + "/" + name);
        EXPECT_GT(size, 0u);
        EXPECT_LE(size, 2000u);
    }
    std::ifstream file = recording("policy.jsonl");
    EXPECT_EQ(coopctl::replay(file, std::nullopt, 3).different, 0u) << "whole lines only";
}

TEST_F(Recorded, a_folder_that_cannot_be_written_is_an_error) {
    settings.record = "/proc/none";
    EXPECT_ANY_THROW(start());
    settings.record.clear();
}

TEST(Step_record, what_is_no_step_is_refused) {
    for (char const* line : {"", "{}", "[]", "x", R"({"time":-1})", R"({"time":"a"})"}) {
        std::istringstream file{std::string{line} + "\n"};
        EXPECT_THROW(coopctl::replay(file, std::nullopt, 1), Record_error) << line;
    }
}

} // namespace lavandin::coopd
