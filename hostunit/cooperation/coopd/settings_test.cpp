// SPDX-License-Identifier: MIT
#include <settings.hpp>

#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace lavandin::coopd {

namespace {

class Settings_file : public ::testing::Test {
protected:
    std::filesystem::path folder{std::filesystem::temp_directory_path() /
                                 fmt::format("coopd-settings-{}", getpid())};

    Settings_file() { std::filesystem::create_directories(folder); }
    ~Settings_file() override { std::filesystem::remove_all(folder); }

    std::string file(std::string const& name, std::string const& text) const {
        std::ofstream{folder / name} << text;
        return (folder / name).string();
    }
    Settings read(std::string const& text) const {
        Settings settings = read_settings(file("coopd.toml", text));
        settings.check();
        return settings;
    }
    std::string fault(std::string const& text) const {
        try {
            read(text);
        } catch (Settings_error const& error) {
            return error.what();
        }
        return "";
    }
};

} // namespace

TEST_F(Settings_file, empty_is_usual) {
    Settings const settings = read("");
    EXPECT_EQ(settings.policy, POLICY_PROPORTIONAL);
    EXPECT_EQ(settings.interval, 10 * millisecond);
    EXPECT_EQ(settings.reclaim_time(), 40 * millisecond);
    EXPECT_EQ(settings.of("anybody").minimum, 1u);
}

TEST_F(Settings_file, everything_can_be_said) {
    std::string const rules = file("rules", "CPU_MIN=\"1\"\nCPU_MAX=\"2\"\nUPDATE=\"1\"\n"
                                            "HOTPLUG=\"idle < 10\"\nHOTUNPLUG=\"idle > 90\"\n");
    Settings const settings = read(fmt::format(R"(
socket = "/tmp/x"
record = "/tmp/r"
record-limit = 100000
pool = 1
dry-run = true
policy = "characteristics"
interval = 20
[tuning]
park = 80
give-back = 200
band = 100
[messages]
burst = 4
tolerated = 3
suspension = 5000
[domain.web]
minimum = 2
ceiling = 6
rules = "{}"
[domain."odd name"]
turn-away = true
)",
                                               rules));
    EXPECT_EQ(settings.socket, "/tmp/x");
    EXPECT_EQ(settings.record_limit, 100000u);
    EXPECT_EQ(settings.pool, 1u);
    EXPECT_TRUE(settings.dry_run);
    EXPECT_EQ(settings.policy, POLICY_CHARACTERISTICS);
    EXPECT_EQ(settings.interval, 20 * millisecond);
    EXPECT_EQ(settings.tuning.park, 80 * millisecond);
    EXPECT_EQ(settings.tuning.band, 100u);
    EXPECT_EQ(settings.burst, 4u);
    EXPECT_EQ(settings.suspension, 5 * second);
    EXPECT_EQ(settings.of("web").ceiling, 6u);
    EXPECT_EQ(settings.of("web").rules->maximum, 2u);
    EXPECT_TRUE(settings.of("odd name").turn_away);
}

TEST_F(Settings_file, mistakes_are_named) {
    struct Row {
        char const* text;
        char const* word;
    };
    Row const rows[]{{"polici = 1", "polici"},
                     {"policy = \"mine\"", "policy"},
                     {"policy = 1", "type"},
                     {"interval = 0", "interval"},
                     {"interval = \"10\"", "interval"},
                     {"interval = -5", "interval"},
                     {"[tuning]\npark = 1", "park"},
                     {"[tuning]\nquick-us = 50", "quick-us"},
                     {"[tuning]\nsettel = 1", "settel"},
                     {"[messages]\nburst = 17", "burst"},
                     {"tuning = 3", "table"},
                     {"[domain]\nweb = 1", "domain.web"},
                     {"[domain.web]\nminimum = 65", "minimum"},
                     {"[domain.web]\nminimum = 3\nceiling = 2", "ceiling"},
                     {"[domain.web]\nrules = \"/none\"", "/none"},
                     {"this is not TOML", ":1:"}};
    for (Row const& row : rows)
        EXPECT_NE(fault(row.text).find(row.word), std::string::npos)
            << row.text << ": " << fault(row.text);
    EXPECT_NE(
        fault(fmt::format("[domain.web]\nrules = \"{}\"", file("bad", "HOTPLUG=\"idle <\"\n")))
            .find("bad:1:"),
        std::string::npos);
}

} // namespace lavandin::coopd
