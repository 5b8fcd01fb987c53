// SPDX-License-Identifier: MIT
// libos's clock: by the page when there is one, else by system call.
#include "fake_kernel.hpp"

#include <lavandin/abi/clock_page.hpp>
#include <lavandin/clock.hpp>
#include <lavandin/counter.hpp>
#include <lavandin/thread_pointer.hpp>

#include <gtest/gtest.h>
#include <unistd.h>

namespace lavandin {
namespace {

constexpr uint64_t base = 1000 * second; // of the clock when a test begins
constexpr uint64_t address = 0x1234'5000;
constexpr uint64_t wall_offset = 1'700'000'000 * second;

class Clock : public testing::Test {
protected:
    Clock() {
        kernel.clock_page = std::make_shared<fake::Region>(abi::clock_page_bytes);
        page.wall_offset = wall_offset;
        page.records[0].version = 2;
        page.records[0].multiplier = 0x8000'0000;
        page.records[0].shift = 1; // a tick is a nanosecond
        fake::counter = base;
        message_buffer().placement = 0;
        write();
        initialise_clock(address);
    }

    void write() {
        ASSERT_EQ(pwrite(kernel.clock_page->file, &page, sizeof page, 0),
                  static_cast<ssize_t>(sizeof page));
    }

    fake::Kernel kernel;
    abi::Clock_page page{};
};

TEST_F(Clock, MapsThePageOnce) {
    EXPECT_EQ(now(), base);
    EXPECT_EQ(kernel.self().mappings.at(address).rights, memory_permission::read);
    int const calls = kernel.calls;
    fake::counter += 5;
    EXPECT_EQ(now(), base + 5);
    EXPECT_EQ(kernel.calls, calls);
    EXPECT_EQ(kernel.self().table.size(), 1u) << "keeps a capability";
}

TEST_F(Clock, NeverRunsBackwards) {
    fake::counter = base + 1000;
    EXPECT_EQ(now(), base + 1000);
    fake::counter = base + 900;
    EXPECT_EQ(now(), base + 1000);
    fake::counter = base + 1001;
    EXPECT_EQ(now(), base + 1001);
}

TEST_F(Clock, AsksTheKernelWhenThereIsNoPlaceForThePage) {
    initialise_clock(0);
    kernel.now = base + 70;
    EXPECT_EQ(now(), base + 70);
    EXPECT_TRUE(kernel.self().mappings.empty());
}

// Whichever call fails: the time is told nevertheless.
TEST_F(Clock, AsksTheKernelWhenThePageCannotBeMapped) {
    kernel.now = base + 80;
    for (kernel.fail_at = 0; kernel.fail_at < 2; ++kernel.fail_at) {
        initialise_clock(address);
        kernel.calls = 0;
        EXPECT_EQ(now(), base + 80);
        EXPECT_EQ(kernel.self().table.size(), 1u);
        EXPECT_TRUE(kernel.self().mappings.empty());
        EXPECT_EQ(now(), base + 80);
    }
}

TEST_F(Clock, AsksTheKernelOnAProcessorBeyondThePage) {
    message_buffer().placement = abi::Clock_page::most_processors;
    kernel.now = base + 90;
    EXPECT_EQ(now(), base + 90);
}

// The kernel looks at the time of day when it is asked: not longer ago than a second.
TEST_F(Clock, AsksForTheTimeOfDayOnceASecond) {
    page.wall_checked = base;
    write();
    kernel.now = base + 2 * second;
    kernel.wall_offset = wall_offset + 30 * second;
    fake::counter = base + second;
    EXPECT_EQ(wall_clock(), base + second + wall_offset);
    fake::counter = base + second + 1;
    EXPECT_EQ(wall_clock(), base + 32 * second + wall_offset);
}

} // namespace
} // namespace lavandin
