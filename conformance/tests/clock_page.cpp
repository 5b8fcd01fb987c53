// SPDX-License-Identifier: MIT
// The clock read out of its page, without a system call.
#include "tests/common.hpp"
#include "x86-64/faults.hpp"

#include <lavandin/abi/clock_page.hpp>
#include <lavandin/clock_reader.hpp>
#include <lavandin/counter.hpp>

#include <algorithm>

namespace {

using namespace conformance;

struct Access {
    template <typename T>
    static T load(T const& from) {
        return *const_cast<T const volatile*>(&from);
    }
    static uint64_t counter() { return read_counter(); }
};

// The page, mapped once more.
Result<Clock_page const*> map_clock_page() {
    lavandin::Capability const page{TRY(clock_page())};
    uint64_t const address = layout::fresh_addresses(page_size);
    TRY_VOID(memory_map(self_process, page.index(), address, 0, page_size, read_only));
    return reinterpret_cast<Clock_page const*>(address);
}

// By the page alone: nothing holds the time back but what the kernel wrote there.
uint64_t read_page(Clock_page const& page) {
    Access access;
    Clock_reading reading{};
    EXPECT(Clock_reader(page, message_buffer().placement, access).read(reading));
    return reading.now;
}

TEST(clock_page, is_the_same_memory_for_all) {
    EXPECT_EQUAL(MUST(memory_size, MUST(clock_page)), clock_page_bytes);
    auto const information = MUST(capability_information, MUST(clock_page));
    EXPECT_EQUAL(information.type, Object_type::memory);
    EXPECT_EQUAL(information.permissions, memory_permission::read);
    auto const before = TAKE(system_counters());
    for (int i = 0; i < 10; ++i)
        EXPECT_OK(clock_page);
    auto const now = TAKE(system_counters());
    EXPECT_EQUAL(now.objects[number(Object_type::memory)],
                 before.objects[number(Object_type::memory)]);
}

TEST(clock_page, cannot_be_mapped_for_writing_or_execution) {
    auto const page = MUST(clock_page);
    uint64_t const address = layout::fresh_addresses(page_size);
    for (Permissions const rights : {read_write, read_execute})
        EXPECT_ERROR(permission_denied, memory_map, self_process, page, address, 0, page_size,
                     rights);
    auto const copied = MUST(capability_copy, self_process, page, all_permissions, 0);
    EXPECT_EQUAL(MUST(capability_information, copied).permissions, memory_permission::read);
}

TEST(clock_page, cannot_be_written) {
    auto child = TAKE(Child::create());
    TAKE(child.start([](Words const&) {
        auto const* const page = TAKE(map_clock_page());
        static_cast<void>(read_byte(number(page)));
        write_byte(number(page) + offsetof(Clock_page, latest), 1);
    }));
    auto const end = TAKE(child.wait());
    EXPECT_EQUAL(end.state, Process_state::faulted);
    EXPECT_EQUAL(end.fault_address % page_size, offsetof(Clock_page, latest));
    EXPECT_EQUAL(end.fault_code, fault_code::user | fault_code::present | fault_code::write);
}

TEST(clock_page, tells_what_clock_read_tells) {
    auto const& page = *TAKE(map_clock_page());
    auto const first = MUST(clock_read);
    uint64_t const between = read_page(page);
    auto const last = MUST(clock_read);
    EXPECT(first.now <= between && between <= last.now);
    EXPECT_EQUAL(page.wall_offset, last.wall_offset);
    EXPECT(page.wall_checked <= last.now && page.wall_checked >= first.now);
    uint64_t const begin = lavandin::now();
    uint64_t const wall = wall_clock() - last.wall_offset;
    EXPECT(begin <= wall && wall <= lavandin::now());
}

TEST(clock_page, never_runs_backwards_however_it_is_read) {
    constexpr unsigned readings = 100'000;
    auto const& page = *TAKE(map_clock_page());
    uint64_t last = 0;
    uint64_t backwards = 0;
    uint64_t stuck = 0;
    uint32_t which = 1;
    for (unsigned i = 0; i < readings; ++i) {
        which = which * 1'664'525 + 1'013'904'223; // Numerical Recipes' generator
        uint64_t time = 0;
        switch (which >> 30) {
        case 0:
            time = MUST(clock_read).now;
            break;
        case 1:
            time = lavandin::now();
            break;
        default:
            time = read_page(page);
        }
        backwards += time < last;
        stuck += time == last;
        last = time;
    }
    EXPECT_EQUAL(backwards, 0);
    EXPECT(stuck < readings / 2);
}

TEST(clock_page, needs_no_system_call) {
    uint64_t last = lavandin::now();
    static_cast<void>(wall_clock()); // which looks at the time of day
    uint64_t fewest = ~uint64_t{0};  // others may make calls meanwhile, also on other processors
    for (int tries = 0; tries < 50 && fewest != 1; ++tries) {
        auto const before = TAKE(system_counters());
        for (int i = 0; i < 100; ++i) {
            uint64_t const time = lavandin::now();
            EXPECT(time >= last);
            last = time;
        }
        uint64_t const wall = wall_clock();
        auto const later = TAKE(system_counters());
        EXPECT(wall > last);
        fewest = std::min(fewest, later.system_calls - before.system_calls);
    }
    EXPECT_EQUAL(fewest, 1); // asking for the counters is one itself
}

TEST(clock_page, says_where_the_thread_runs) {
    abi::Placement const placement{message_buffer().placement};
    EXPECT(placement.processor() < Clock_page::most_processors);
    auto const& page = *TAKE(map_clock_page());
    auto const& record = page.records[placement.processor()];
    EXPECT(record.version != 0 && record.multiplier != 0);
}

// What a thread writes there makes its own readings useless, and nothing else.
TEST(clock_page, placement_that_a_thread_made_up_is_survived) {
    uint64_t const real = message_buffer().placement;
    uint64_t const begin = MUST(clock_read).now;
    for (uint64_t const wrong : {uint64_t{63}, uint64_t{0xffff}, ~uint64_t{0}}) {
        message_buffer().placement = wrong;
        EXPECT(lavandin::now() >= begin);
    }
    message_buffer().placement = real;
    EXPECT(lavandin::now() >= begin);
}

// No sleep ends early, by whichever way of reading the clock.
TEST(clock_page, sleep_never_ends_early) {
    auto const& page = *TAKE(map_clock_page());
    for (uint64_t length = 500; length < 20 * millisecond; length = length * 3 / 2) {
        uint64_t const deadline = read_page(page) + length;
        EXPECT_OK(thread_sleep, deadline);
        EXPECT(read_page(page) >= deadline);
        EXPECT(MUST(clock_read).now >= deadline);
    }
}

TEST(clock_page, refused_for_lack_of_quota) {
    auto child = TAKE(Child::create());
    TAKE(child.start([](Words const&) {
        while (endpoint_create().ok()) // until neither an object nor a table's page can be paid
            continue;
        while (memory_create(page_size).ok())
            continue;
        auto page = clock_page();
        while (page.ok())
            page = clock_page();
        EXPECT_ANSWER(quota_exceeded, clock_page, page.error());
    }));
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
}

} // namespace
