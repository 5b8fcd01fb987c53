// SPDX-License-Identifier: MIT
// Reports: what they claim, and that the protocol takes them.
#include "servers/resource_manager/cooperation/report.hpp"

#include <cooperation/area_access.h>
#include <gtest/gtest.h>
#include <memory>

namespace lavandin::resource_manager {
namespace {

class Report_test : public testing::Test {
protected:
    Report_test() {
        seen->time = 1000;
        seen->processor_count = 3;
        seen->processors[0] = {
            abi::Processor_state::online, 700, 300, 0, 650, 100, 2, true, 5, 0, {}};
        seen->processors[1] = {
            abi::Processor_state::parked, 100, 100, 800, 100, 0, 0, false, 7, 0, {}};
        seen->processors[2] = {abi::Processor_state::absent, 0, 0, 1000, 0, 0, 0, false, 0, 0, {}};
        load.kind = COOP_LOAD_THROUGHPUT;
        load.computing = 3;
    }
    coop_report& fill(bool characteristics = true) {
        reporter.fill(*report, *seen, load, {2500, 800}, characteristics);
        report->session = 1;
        report->number = ++number;
        report->time = seen->time;
        return *report;
    }

    std::unique_ptr<Observation> seen{new Observation{}};
    std::unique_ptr<coop_report> report{new coop_report{}};
    Reporter reporter;
    Load load;
    uint64_t number{0};
};

TEST_F(Report_test, says_what_was_seen) {
    coop_report const& made = fill();
    EXPECT_EQ(coop_report_check(&made), COOP_OK);
    EXPECT_EQ(made.online, 0b001u);
    EXPECT_EQ(made.parked, 0b010u);
    EXPECT_EQ(made.processors, 3u);
    EXPECT_EQ(made.runnable, 3u);
    EXPECT_EQ(made.demand, 2500u);
    EXPECT_EQ(made.load, COOP_LOAD_THROUGHPUT);
    EXPECT_EQ(made.computing, 3u);
    EXPECT_EQ(made.processor[0].queue, 2u);
    EXPECT_EQ(made.processor[0].idle, 300u);
    EXPECT_EQ(made.processor[0].stolen, 100u);
    EXPECT_EQ(made.processor[1].blocked, 800u);
    EXPECT_EQ(made.processor[2].state, COOP_PROCESSOR_ABSENT);
}

TEST_F(Report_test, claims_no_time_that_others_had) {
    EXPECT_EQ(fill().processor[0].busy, 600u);
    seen->processors[0].ran = 400;
    seen->processors[0].busy = 900;
    EXPECT_EQ(fill().processor[0].busy, 600u) << "more than Xen ran it is never claimed";
}

TEST_F(Report_test, sums_never_go_back) {
    auto const before = std::make_unique<coop_report>(fill());
    seen->time += 10;
    seen->processors[0].stolen += 50; // by Xen's clock, earlier than by the kernel's
    seen->processors[1].idle -= 1;
    coop_report const& after = fill();
    EXPECT_EQ(coop_report_follows(before.get(), &after), COOP_OK);
}

TEST_F(Report_test, without_agreement_there_are_no_characteristics) {
    coop_report const& made = fill(false);
    EXPECT_EQ(made.computing, 0u);
    EXPECT_EQ(made.wake_latency, 0u);
    EXPECT_EQ(coop_report_check(&made), COOP_OK);
}

} // namespace
} // namespace lavandin::resource_manager
