// SPDX-License-Identifier: MIT
#include "samples.hpp"

#include <cooperation/area_access.h>

#include <atomic>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <thread>
#include <vector>

namespace {

TEST(Area, a_report_arrives_as_written) {
    coop_report area{};
    coop_report copy;
    memset(&copy, 0xff, sizeof(copy));
    auto const report = samples::report(5);
    coop_report_write(&area, &report);
    ASSERT_EQ(coop_report_read(&copy, &area), COOP_OK);
    EXPECT_EQ(copy.changes, 2u);
    copy.changes = 0;
    EXPECT_EQ(memcmp(&copy, &report, sizeof(copy)), 0);
    EXPECT_EQ(coop_report_check(&copy), COOP_OK);
}

TEST(Area, a_status_arrives_as_written) {
    coop_status area{};
    coop_status copy{};
    auto const status = samples::status();
    coop_status_write(&area, &status);
    ASSERT_EQ(coop_status_read(&copy, &area), COOP_OK);
    copy.changes = 0;
    EXPECT_EQ(memcmp(&copy, &status, sizeof(copy)), 0);
    EXPECT_EQ(coop_status_check(&copy), COOP_OK);
}

TEST(Area, a_writer_that_never_finishes_is_given_up) {
    coop_report report{};
    coop_report report_copy;
    coop_status status{};
    coop_status status_copy;
    report.changes = status.changes = 1;
    EXPECT_EQ(coop_report_read(&report_copy, &report), COOP_ERROR_BUSY);
    EXPECT_EQ(coop_status_read(&status_copy, &status), COOP_ERROR_BUSY);
    // and a successor writes over what it left
    auto const good = samples::report();
    coop_report_write(&report, &good);
    EXPECT_EQ(coop_report_read(&report_copy, &report), COOP_OK);
}

TEST(Area, a_number_of_processors_that_cannot_be_reads_no_further_than_the_area) {
    auto area = std::make_unique<coop_report>();
    *area = samples::report();
    area->processors = 65535;
    coop_report copy;
    ASSERT_EQ(coop_report_read(&copy, area.get()), COOP_OK);
    EXPECT_EQ(coop_report_check(&copy), COOP_ERROR_RANGE);
}

TEST(Area, entries_that_are_not_kept_are_not_read) {
    coop_report area = samples::report();
    area.processor[4].busy = 99;
    coop_report copy;
    ASSERT_EQ(coop_report_read(&copy, &area), COOP_OK);
    EXPECT_EQ(copy.processor[4].busy, 0u);
}

TEST(Area, spoiled_reports_are_found) {
    struct Spoil {
        std::function<void(coop_report&)> spoil;
        coop_error expected;
    };
    std::vector<Spoil> const spoils{
        {[](auto& r) { r.zero = 1; }, COOP_ERROR_ZERO},
        {[](auto& r) { r.zero_too = 1; }, COOP_ERROR_ZERO},
        {[](auto& r) { r.zero_rest[13] = 1; }, COOP_ERROR_ZERO},
        {[](auto& r) { r.session = 0; }, COOP_ERROR_RANGE},
        {[](auto& r) { r.number = 0; }, COOP_ERROR_RANGE},
        {[](auto& r) { r.processors = 0; }, COOP_ERROR_RANGE},
        {[](auto& r) { r.processors = 65; }, COOP_ERROR_RANGE},
        {[](auto& r) { r.demand = 64001; }, COOP_ERROR_RANGE},
        {[](auto& r) { r.confidence = 1001; }, COOP_ERROR_RANGE},
        {[](auto& r) { r.lock_wait = 1001; }, COOP_ERROR_RANGE},
        {[](auto& r) { r.time = 0; }, COOP_ERROR_TIME},
        {[](auto& r) { r.online = 0; }, COOP_ERROR_MASK},
        {[](auto& r) { r.online = 0b10000; }, COOP_ERROR_MASK},
        {[](auto& r) { r.parked = 0b10000; }, COOP_ERROR_MASK},
        {[](auto& r) { r.parked = 0b0001; }, COOP_ERROR_MASK},
        {[](auto& r) { r.load = COOP_LOADS; }, COOP_ERROR_VALUE},
        {[](auto& r) { r.processor[3].state = COOP_PROCESSOR_STATES; }, COOP_ERROR_VALUE},
    };
    for (size_t i = 0; i < spoils.size(); ++i) {
        auto report = samples::report();
        ASSERT_EQ(coop_report_check(&report), COOP_OK);
        spoils[i].spoil(report);
        EXPECT_EQ(coop_report_check(&report), spoils[i].expected) << i;
    }
}

TEST(Area, spoiled_statuses_are_found) {
    auto const spoiled = [](auto spoil) {
        auto status = samples::status();
        spoil(status);
        return coop_status_check(&status);
    };
    EXPECT_EQ(spoiled([](auto& s) { s.zero_rest[5] = 1; }), COOP_ERROR_ZERO);
    EXPECT_EQ(spoiled([](auto& s) { s.number = 0; }), COOP_ERROR_RANGE);
    EXPECT_EQ(spoiled([](auto& s) { s.ceiling = 65; }), COOP_ERROR_RANGE);
    EXPECT_EQ(spoiled([](auto& s) { s.enforced = 2; }), COOP_ERROR_RANGE);
    EXPECT_EQ(spoiled([](auto& s) { s.standing = COOP_STANDINGS; }), COOP_ERROR_VALUE);
    EXPECT_EQ(spoiled([](auto& s) { s.time = 0; }), COOP_ERROR_TIME);
}

TEST(Area, reports_follow_each_other_forwards_only) {
    auto const last = samples::report(5);
    auto next = samples::report(6);
    EXPECT_EQ(coop_report_follows(&last, &next), COOP_OK);
    EXPECT_EQ(coop_report_follows(&last, &last), COOP_ERROR_EMPTY);
    EXPECT_EQ(coop_report_follows(&next, &last), COOP_ERROR_REGRESS);
    next.time = last.time;
    EXPECT_EQ(coop_report_follows(&last, &next), COOP_ERROR_REGRESS);
    for (auto const sum : {&coop_processor_report::busy, &coop_processor_report::idle,
                           &coop_processor_report::stolen, &coop_processor_report::blocked}) {
        next = samples::report(6);
        --(next.processor[3].*sum = last.processor[3].*sum);
        EXPECT_EQ(coop_report_follows(&last, &next), COOP_ERROR_REGRESS);
    }
}

// Reader and writer at the same time: what is read is one of the reports written, whole.
TEST(Area, a_report_is_never_torn) {
    auto const area = std::make_unique<coop_report>();
    std::atomic<bool> stop{false};
    std::thread writer{[&] {
        for (uint64_t number = 1; !stop; ++number) {
            auto const report = samples::report(number);
            coop_report_write(area.get(), &report);
        }
    }};
    unsigned read = 0;
    for (int i = 0; i < 20'000; ++i) {
        coop_report copy;
        if (coop_report_read(&copy, area.get()) != COOP_OK || copy.number == 0)
            continue;
        ++read;
        auto expected = samples::report(copy.number);
        expected.changes = copy.changes;
        ASSERT_EQ(memcmp(&copy, &expected, sizeof(copy)), 0);
    }
    stop = true;
    writer.join();
    RecordProperty("whole", static_cast<int>(read));
}

} // namespace
