// SPDX-License-Identifier: MIT
#include "pool.hpp"

#include <cooperation/policy/rules/parser.hpp>

namespace {

using lavandin::rules::parse;
using lavandin::rules::Parsed;
using lavandin::test::Pool;

constexpr double one = 1 << POLICY_RULE_BITS;

// The value of an expression, as the policy would find it.
double value(std::string const& expression, policy_history const& history = {}) {
    Parsed const parsed = parse("HOTPLUG = \"" + expression + "\"");
    EXPECT_FALSE(parsed.fault) << parsed.fault->text("rules");
    uint64_t work = 0;
    double const result =
        static_cast<double>(policy_rule_value(&parsed.rules.plug, &history, &work)) / one;
    EXPECT_EQ(work, parsed.rules.plug.length);
    return result;
}

std::string fault(std::string const& text) {
    Parsed const parsed = parse(text);
    return parsed.fault ? parsed.fault->text("rules") : "none";
}

TEST(Rules, calculate) {
    EXPECT_EQ(value("1 + 2 * 3"), 7);
    EXPECT_EQ(value("(1 + 2) * 3"), 9);
    EXPECT_EQ(value("10 / 4 - 3"), -0.5);
    EXPECT_EQ(value("-2 * -3"), 6);
    EXPECT_EQ(value("7 / 0"), 0);
    EXPECT_NEAR(value("0.08 * 100"), 8, 0.01);
    EXPECT_EQ(value("1 < 2 & 2 < 3"), 1);
    EXPECT_EQ(value("1 < 2 & 3 < 2 | 1 == 1"), 1);
    EXPECT_EQ(value("!(1 >= 2)"), 1);
    EXPECT_EQ(value("1 != 1 || 2 <= 1"), 0);
    EXPECT_GT(value("1000000000 * 1000000000 * 1000000000"), 1e13); // stops at the end
    EXPECT_LT(value("-1000000000 * 1000000000 * 1000000000"), -1e13);
}

TEST(Rules, know_what_cpuplugd_knows) {
    policy_history history{};
    history.count = 3;
    history.newest = 2;
    auto const set = [&](policy_rule_word word, std::initializer_list<double> values) {
        int64_t(*sample)[POLICY_WORDS] = history.samples;
        for (double each : values)
            (*sample++)[word] = static_cast<int64_t>(each * one);
    };
    set(POLICY_WORD_TIME, {1, 2, 4});
    set(POLICY_WORD_IDLE, {100, 150, 200}); // ticks: half of a processor, then a quarter
    set(POLICY_WORD_TOTAL, {200, 400, 800});
    set(POLICY_WORD_ONLINE, {2, 2, 2});
    set(POLICY_WORD_LOADAVG, {0, 0, 1.5});
    EXPECT_EQ(value("idle", history), 25);
    EXPECT_EQ(value("idle < 10", history), 0);
    EXPECT_EQ(value("cpustat.idle[0] - cpustat.idle[2]", history), 100);
    EXPECT_EQ(value("(cpustat.idle[1] - cpustat.idle[2]) / "
                    "(cpustat.total_ticks[1] - cpustat.total_ticks[2])",
                    history),
              0.25);
    EXPECT_EQ(value("loadavg > onumcpus - 0.75", history), 1);
    EXPECT_EQ(value("nice + system + irq", history), 0);
}

TEST(Rules, put_variables_in_place_and_take_comments_and_case) {
    Parsed const parsed = parse("# a comment\n"
                                "update = 10   # seconds\n"
                                "Cpu_Min=\"2\"\r\n"
                                "CPU_MAX=\"10\"\n"
                                "free=\"(idle + iowait)\"\n"
                                "HOTPLUG = \"free * 2 < 20\"\n"
                                "HOTUNPLUG = \"free > 100\"\n"
                                "MEMPLUG = \"swaprate > freemem + 10\"\n");
    ASSERT_FALSE(parsed.fault) << parsed.fault->text("rules");
    EXPECT_EQ(parsed.rules.update, 10'000'000'000u);
    EXPECT_EQ(parsed.rules.minimum, 2u);
    EXPECT_EQ(parsed.rules.maximum, 10u);
    EXPECT_EQ(parsed.rules.plug.length, 7u);
    EXPECT_EQ(parsed.rules.history, 2u);
    ASSERT_EQ(parsed.warnings.size(), 1u);
    EXPECT_EQ(parsed.warnings[0], "8: MEMPLUG is of memory and does nothing yet");
}

TEST(Rules, say_where_they_are_wrong) {
    EXPECT_EQ(fault("HOTPLUG = \"idle < \""), "rules:1:19: a value is missing at the end");
    EXPECT_EQ(fault("\nHOTPLUG = \"idel < 10\""), "rules:2:12: 'idel' is not known");
    EXPECT_EQ(fault("HOTPLUG = \"(idle < 10\""), "rules:1:22: ')' is missing");
    EXPECT_EQ(fault("HOTPLUG = \"idle < 10 20\""), "rules:1:22: unexpected '2'");
    EXPECT_EQ(fault("HOTPLUG = \"idle[101] > 0\""), "rules:1:17: history goes from [0] to [100]");
    EXPECT_EQ(fault("HOTPLUG = \"a > 0\"\na = \"b\"\nb = \"a\""),
              "rules:2:6: 'b' refers to itself, or is too deep");
    EXPECT_EQ(fault("a = 1\na = 2"), "rules:2:1: 'a' is set twice");
    EXPECT_EQ(fault("CPU_MIN = 4\nCPU_MAX = 2"), "rules:2:1: CPU_MAX is below CPU_MIN");
    EXPECT_EQ(fault("CPU_MIN = 2.5"), "rules:1:1: CPU_MIN is a whole number from 1 to 64");
    EXPECT_EQ(fault("UPDATE = 0"), "rules:1:1: UPDATE is in seconds, above 0 and up to a day");
    EXPECT_EQ(fault("HOTPLUG idle"), "rules:1:1: this is not NAME = \"value\"");
    EXPECT_EQ(fault("HOTPLUG = \"idle"), "rules:1:10: the quotation mark at the end is missing");
    EXPECT_EQ(fault("HOTPLUG = \"vmstat.pgpgin > 1\""),
              "rules:1:12: 'vmstat.pgpgin' is of memory, which is not looked at yet");
    std::string longest = "HOTPLUG = \"1";
    for (int i = 0; i < 200; ++i)
        longest += "+1";
    EXPECT_NE(fault(longest + "\"").find("too long"), std::string::npos);
    EXPECT_NE(fault("HOTPLUG = \"" + std::string(100, '(') + "\"").find("too many levels"),
              std::string::npos);
}

TEST(Rules, broken_programs_are_worth_nothing) {
    policy_rule_program program{};
    policy_history const history{};
    uint64_t work = 0;
    program.length = 1;
    program.instructions[0].operation = POLICY_RULE_ADD; // nothing to add
    EXPECT_EQ(policy_rule_value(&program, &history, &work), 0);
    program.instructions[0].operation = 99;
    EXPECT_EQ(policy_rule_value(&program, &history, &work), 0);
    program.length = POLICY_RULE_LENGTH + 1;
    EXPECT_EQ(policy_rule_value(&program, &history, &work), 0);
    program.length = POLICY_RULE_DEPTH + 1;
    for (policy_rule_instruction& each : program.instructions)
        each.operation = POLICY_RULE_CONSTANT; // more than the stack holds
    EXPECT_EQ(policy_rule_value(&program, &history, &work), 0);
}

// A domain of which half a second in each second is idle on each of its VCPUs.
class Ruled : public testing::Test {
protected:
    void rule(std::string const& text) {
        Parsed const parsed = parse(text);
        ASSERT_FALSE(parsed.fault) << parsed.fault->text("rules");
        rules = parsed.rules;
        pool.add(256, 2, 8);
        pool[0].config.rules = &rules;
        pool[0].config.history = &history;
        pool.busy(0, 1000);
    }

    void second() {
        pool[0].report.processor_count = 2;
        for (policy_processor& processor : pool[0].report.processors) {
            processor.busy += 500'000'000;
            processor.idle += 500'000'000;
        }
        pool.step(1'000'000'000);
        if (policy_action const* const reclaim = pool.find(POLICY_RECLAIM, 0)) {
            pool[0].measured.online = reclaim->processors;
            pool[0].inbox.reclaim = {reclaim->number, POLICY_DONE};
        }
        if (policy_action const* const offer = pool.find(POLICY_OFFER, 0))
            pool[0].inbox.offer = {offer->number, POLICY_DONE};
    }

    Pool pool{8};
    policy_rules rules{};
    policy_history history{};
};

TEST_F(Ruled, gets_one_more_each_interval_up_to_the_bound) {
    rule("UPDATE=1\nCPU_MAX=4\nHOTPLUG=\"idle > 90\"\nHOTUNPLUG=0");
    second();
    EXPECT_EQ(pool[0].memory.allocated, 2u) << "one sample says nothing of an interval";
    second();
    EXPECT_EQ(pool[0].memory.allocated, 3u);
    for (int i = 0; i < 5; ++i)
        second();
    EXPECT_EQ(pool[0].memory.allocated, 4u);
}

TEST_F(Ruled, gives_one_back_each_interval_down_to_the_bound) {
    rule("UPDATE=1\nHOTUNPLUG=\"idle > 90\"\nCPU_MIN=1");
    for (int i = 0; i < 6; ++i)
        second();
    EXPECT_EQ(pool[0].memory.allocated, 1u);
}

TEST_F(Ruled, more_wins_when_both_rules_hold) {
    rule("UPDATE=1\nHOTPLUG=\"1 > 0\"\nHOTUNPLUG=\"1 > 0\"");
    second();
    second();
    EXPECT_GT(pool[0].memory.allocated, 2u);
}

TEST_F(Ruled, a_dry_run_only_says_what_it_would_do) {
    rule("UPDATE=1\nDRY_RUN=1\nHOTPLUG=\"idle > 90\"");
    second();
    second();
    policy_action const* const would = pool.find(POLICY_WOULD, 0);
    ASSERT_NE(would, nullptr);
    EXPECT_EQ(would->processors, 3u);
    EXPECT_EQ(pool.find(POLICY_OFFER, 0), nullptr);
    EXPECT_EQ(pool[0].memory.allocated, 2u);
}

TEST_F(Ruled, requests_are_answered_with_the_operators_word) {
    rule("UPDATE=1\nHOTPLUG=\"0 > 1\"");
    second();
    second();
    pool.request(0, 6);
    pool.step();
    ASSERT_NE(pool.find(POLICY_ANSWER, 0), nullptr);
    EXPECT_EQ(pool.find(POLICY_ANSWER, 0)->reason, POLICY_OPERATOR);
}

} // namespace
