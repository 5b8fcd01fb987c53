// SPDX-License-Identifier: MIT
#include "samples.hpp"

#include <cooperation/area_access.h>

#include <csignal>
#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <sys/mman.h>
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

// The area lies across two pages of which the second cannot be read at first, so that the reader
// stops in the middle; meanwhile the writer writes the next report.
class Interrupted_reader : public ::testing::Test {
protected:
    static constexpr size_t page = 4096;
    static constexpr size_t head = offsetof(coop_report, processor);
    static inline char* memory;
    static inline coop_report* area;

    void SetUp() override {
        void* const pages =
            mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        ASSERT_NE(pages, MAP_FAILED);
        memory = static_cast<char*>(pages);
        area = reinterpret_cast<coop_report*>(memory + page - head);
        struct sigaction action {};
        action.sa_handler = write_next;
        sigaction(SIGSEGV, &action, &_before);
        write(1);
    }
    void TearDown() override {
        sigaction(SIGSEGV, &_before, nullptr);
        munmap(memory, 2 * page);
    }
    static void write(uint64_t number) {
        auto const report = samples::report(number);
        coop_report_write(area, &report);
    }
    static void hide() { mprotect(memory + page, page, PROT_NONE); }
    static void write_next(int) {
        mprotect(memory + page, page, PROT_READ | PROT_WRITE);
        write(area->number + 1);
    }

private:
    struct sigaction _before {};
};

TEST_F(Interrupted_reader, reads_the_newer_report_whole) {
    coop_report copy;
    hide();
    ASSERT_EQ(coop_report_read(&copy, area), COOP_OK);
    auto expected = samples::report(2);
    expected.changes = 4;
    EXPECT_EQ(memcmp(&copy, &expected, sizeof(copy)), 0);
}

TEST_F(Interrupted_reader, does_not_take_a_report_that_is_being_written) {
    coop_report copy;
    area->changes |= 1; // a writer that stopped half-way
    hide();
    // The interruption finishes it, and the next try reads that.
    ASSERT_EQ(coop_report_read(&copy, area), COOP_OK);
    EXPECT_EQ(copy.number, 2u);
}

} // namespace
