// SPDX-License-Identifier: MIT
#include <servers/init/manifest.hpp>

#include <gtest/gtest.h>
#include <lavandin/abi/process.hpp>
#include <lavandin/abi/scheduling.hpp>
#include <memory>
#include <string>

namespace {

using namespace lavandin::init;

std::unique_ptr<Manifest> parse(std::string_view text) {
    auto manifest = std::make_unique<Manifest>();
    parse_manifest(text, *manifest);
    return manifest;
}

constexpr std::string_view good = R"(
# first the memory
[server memory]
quota = 75%
priority = 24
service = memory
client = init, roles 4
system = information

[server console]
  program = console-server
  quota = 512K
  service = console
  device = console
  device = image
  requires = console

[program *]
quota = 2M
client = console
client = memory , roles 3

[program free]
about = shows how much memory there is
quota = 1M
client = memory
)";

TEST(Manifest, reads_what_is_there) {
    auto const manifest = parse(good);
    EXPECT_TRUE(manifest->problems().empty())
        << manifest->problems()[0].line << ": " << manifest->problems()[0].reason;
    ASSERT_EQ(manifest->sections().size(), 4u);

    Section const& memory = manifest->sections()[0];
    EXPECT_EQ(memory.kind, Section_kind::server);
    EXPECT_EQ(memory.program, "memory");
    EXPECT_EQ(memory.quota.of(1000), 750u);
    EXPECT_EQ(memory.priority, 24u);
    ASSERT_EQ(memory.grants().size(), 3u);
    EXPECT_EQ(memory.grants()[1].kind, Grant_kind::client);
    EXPECT_EQ(memory.grants()[1].name, "init");
    EXPECT_EQ(memory.grants()[1].value, 4u);
    EXPECT_EQ(memory.grants()[2].value, lavandin::abi::system_permission::information);

    Section const& console = manifest->sections()[1];
    EXPECT_EQ(console.program, "console-server");
    EXPECT_EQ(console.quota.of(1 << 30), 512u << 10);
    EXPECT_EQ(console.requires_device, "console");
    EXPECT_EQ(console.priority, lavandin::abi::default_priority);
}

TEST(Manifest, scheduling_modules_and_classes) {
    auto const manifest = parse("[policy 0]\nshare = 800\n[policy coordinator]\nmodule = by-share\n"
                                "[policy 2]\nmodule = deadlines\nshare = 100\n"
                                "[program player]\nquota = 1M\nclass = 2 , 50000000\n");
    ASSERT_TRUE(manifest->problems().empty()) << manifest->problems()[0].reason;
    auto const sections = manifest->sections();
    ASSERT_EQ(sections.size(), 4u);
    EXPECT_EQ(sections[0].kind, Section_kind::policy);
    EXPECT_TRUE(sections[0].program.empty());
    EXPECT_EQ(sections[0].share, 800u);
    EXPECT_EQ(sections[1].place, lavandin::abi::coordinator_place);
    EXPECT_EQ(sections[1].program, "by-share");
    EXPECT_EQ(sections[2].place, 2u);
    EXPECT_EQ(sections[2].share, 100u);
    EXPECT_EQ(manifest->program("player")->scheduling_class, 2u);
    EXPECT_EQ(manifest->program("player")->parameter, 50'000'000u);
    EXPECT_EQ(manifest->program("2"), nullptr);
}

TEST(Manifest, programs_without_a_section_get_the_general_one) {
    auto const manifest = parse(good);
    EXPECT_EQ(manifest->program("free")->about, "shows how much memory there is");
    EXPECT_EQ(manifest->program("anything")->name, "*");
    EXPECT_EQ(parse("[server a]\nquota=1K\n")->program("anything"), nullptr);
}

TEST(Manifest, a_group_is_named_by_its_members) {
    auto const manifest = parse("[server a]\nquota=1K\ngroup = pair\n[program b]\nquota=1K\n"
                                "group = pair\n[program c]\nquota=1K\n");
    EXPECT_TRUE(manifest->problems().empty());
    EXPECT_EQ(manifest->sections()[0].group, "pair");
    EXPECT_EQ(manifest->program("b")->group, "pair");
    EXPECT_EQ(manifest->program("c")->group, "");
}

// `members` sections in each of so many groups.
std::string grouped(unsigned groups, unsigned members) {
    std::string text;
    for (unsigned group = 0; group < groups; ++group)
        for (unsigned member = 0; member < members; ++member)
            text += "[program g" + std::to_string(group) + "." + std::to_string(member) +
                    "]\nquota = 1K\ngroup = g" + std::to_string(group) + "\n";
    return text;
}

TEST(Manifest, groups_and_their_members_are_counted) {
    EXPECT_TRUE(parse(grouped(4, 2))->problems().empty());
    EXPECT_TRUE(parse(grouped(1, 15))->problems().empty());
    auto const many = parse(grouped(5, 2));
    ASSERT_EQ(many->problems().size(), 1u);
    EXPECT_EQ(many->problems()[0].line, 25u); // the fifth group's first section
    auto const large = parse(grouped(1, 17));
    ASSERT_EQ(large->problems().size(), 1u);
    EXPECT_EQ(large->problems()[0].line, 46u); // the sixteenth
    EXPECT_NE(std::string{large->problems()[0].reason}.find("15 members"), std::string::npos);
}

struct Bad {
    char const* text;
    uint32_t line;
    char const* reason; // part of it
};

class Bad_manifest : public testing::TestWithParam<Bad> {};

TEST_P(Bad_manifest, is_reported_with_line_and_reason) {
    auto const manifest = parse(GetParam().text);
    ASSERT_FALSE(manifest->problems().empty());
    EXPECT_EQ(manifest->problems()[0].line, GetParam().line);
    EXPECT_NE(std::string{manifest->problems()[0].reason}.find(GetParam().reason),
              std::string::npos)
        << manifest->problems()[0].reason;
}

INSTANTIATE_TEST_SUITE_P(
    Each, Bad_manifest,
    testing::Values(
        Bad{"", 1, "no section"}, Bad{"# only a comment\n", 1, "no section"},
        Bad{"quota = 1K\n", 1, "in no section"}, Bad{"[server a\n", 1, "`]`"},
        Bad{"[thing a]\n", 1, "a section is"}, Bad{"[server]\n", 1, "a name is"},
        Bad{"[server A]\n", 1, "a name is"}, Bad{"[server *]\n", 1, "a name is"},
        Bad{"[server a-name-too-long-]\n", 1, "a name is"},
        Bad{"[server a]\nquota=1K\n[server a]\n", 3, "already"},
        Bad{"[server a]\nfrobnicate\n", 2, "neither"},
        Bad{"[server a]\ncolour = red\n", 2, "unknown key"},
        Bad{"[server a]\nquota =\n", 2, "no value"}, Bad{"[server a]\nquota = 5\n", 2, "K, M or %"},
        Bad{"[server a]\nquota = 0K\n", 2, "K, M or %"},
        Bad{"[server a]\nquota = 101%\n", 2, "100 %"},
        Bad{"[server a]\nquota = 99999999999999999999K\n", 2, "K, M or %"},
        Bad{"[server a]\nquota = 4294967297K\n", 2, "K, M or %"},
        Bad{"[server a]\nquota = +1K\n", 2, "K, M or %"},
        Bad{"[server a]\nquota = 0x1K\n", 2, "K, M or %"},
        Bad{"[server a]\nquota = 1K\nquota = 2K\n", 3, "twice"},
        Bad{"[server a]\nquota = 1K\npriority = 32\n", 3, "0 to 31"},
        Bad{"[server a]\nquota = 1K\npriority = -1\n", 3, "0 to 31"},
        Bad{"[server a]\nquota = 1K\nprogram = ../x\n", 3, "name of a file"},
        Bad{"[server a]\nquota = 1K\ngroup = A B\n", 3, "a name is"},
        Bad{"[server a]\nquota = 1K\ngroup = b\ngroup = c\n", 4, "twice"},
        Bad{"[server a]\nquota = 1K\ngroup = lone\n", 1, "nobody else"},
        Bad{"[server a]\nquota = 1K\nsystem = everything\n", 3, "permissions are"},
        Bad{"[server a]\nquota = 1K\ndevice = disk\n", 3, "a device is"},
        Bad{"[server a]\nquota = 1K\nrequires = disk\n", 3, "a device is"},
        Bad{"[server a]\nquota = 1K\nclient = init, rolls 3\n", 3, "roles N"},
        Bad{"[server a]\nquota = 1K\nclient = init, roles 65536\n", 3, "roles N"},
        Bad{"[server a]\nquota = 1K\nclient = init\nclient = init\n", 4, "twice"},
        Bad{"[server a]\nabout\x01 = x\n", 2, "control characters"},
        Bad{"\n[server a]\n", 2, "no quota"},
        Bad{"[server a]\nquota = 1K\nclient = b\n", 1, "nobody before"},
        Bad{"[server a]\nquota = 1K\nservice = init\n", 1, "taken"},
        Bad{"[server a]\nquota = 1K\nservice = s\n[server b]\nquota = 1K\nservice = s\n", 4,
            "taken"},
        Bad{"[policy 4]\n", 1, "a place is"}, Bad{"[policy deadlines]\n", 1, "a place is"},
        Bad{"[policy 2]\n", 1, "neither module"},
        Bad{"[policy 2]\nquota = 1K\n", 2, "a policy has"},
        Bad{"[policy 2]\nmodule = a\n[policy 2]\nmodule = b\n", 3, "already"},
        Bad{"[policy 2]\nmodule = ../a\n", 2, "name of a file"},
        Bad{"[policy 2]\nshare = 1001\n", 2, "a share is"},
        Bad{"[policy 2]\nshare = 0\n", 2, "a share is"},
        Bad{"[policy coordinator]\nshare = 5\n", 2, "a share is"},
        Bad{"[server a]\nquota = 1K\nmodule = b\n", 3, "a policy has"},
        Bad{"[server a]\nquota = 1K\nclass = 0, 5\n", 3, "a class is"},
        Bad{"[server a]\nquota = 1K\nclass = 4, 5\n", 3, "a class is"},
        Bad{"[server a]\nquota = 1K\nclass = 1\n", 3, "a class is"},
        Bad{"[program a]\nquota = 10%\n", 1, "K or M"},
        Bad{"[program a]\nquota = 1K\nservice = s\n", 1, "cannot have"}));

TEST(Manifest, each_problem_is_reported_up_to_a_limit) {
    auto const manifest = parse("[server a]\nx\ny\nquota = 1\n");
    ASSERT_EQ(manifest->problems().size(), 3u);
    EXPECT_EQ(manifest->problems()[1].line, 3u);
    std::string many = "[server a]\n";
    for (int i = 0; i < 100; ++i)
        many += "x\n";
    EXPECT_EQ(parse(many)->problems().size(), Manifest::maximum_problems);
}

TEST(Manifest, what_follows_a_bad_head_is_not_reported_too) {
    EXPECT_EQ(parse("[server B]\nquota = 1K\n[server a]\nquota = 1K\n")->problems().size(), 1u);
}

TEST(Manifest, too_much_is_an_error_and_not_more) {
    std::string sections;
    for (size_t i = 0; i <= Manifest::maximum_sections; ++i)
        sections += "[server s" + std::to_string(i) + "]\nquota = 1K\n";
    EXPECT_EQ(parse(sections)->problems()[0].line, 2 * Manifest::maximum_sections + 1);
    std::string grants = "[server a]\nquota = 1K\n";
    for (int i = 0; i < 20; ++i)
        grants += "service = s" + std::to_string(i) + "\n";
    EXPECT_EQ(parse(grants)->problems()[0].line, 3 + Section::maximum_grants);
    EXPECT_FALSE(parse(std::string(Manifest::maximum_bytes + 1, '\n'))->problems().empty());
}

TEST(Manifest, cut_off_anywhere_it_never_crashes) {
    for (size_t length = 0; length <= good.size(); ++length) {
        std::string const cut{good.data(), length}; // a copy, so that reading past it is seen
        parse(cut);
    }
}

} // namespace
