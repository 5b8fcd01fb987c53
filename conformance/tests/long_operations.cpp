// SPDX-License-Identifier: MIT
// Calls that take long let others run in between, and leave nothing when their thread ends in the
// middle of one.
#include "tests/common.hpp"

namespace {

using namespace conformance;

constexpr uint64_t bytes = 6 << 20;
constexpr uint64_t read_write = memory_permission::read | memory_permission::write;
constexpr uint64_t short_while = 50'000; // nanoseconds
constexpr unsigned enough = 3; // once before the call's first step and once behind its last are 2
constexpr unsigned most_tries = 2000;

// How often its call has begun or ended: an odd number while it is in there.
class Progress {
public:
    void next() { __atomic_fetch_add(&_count, 1, __ATOMIC_RELEASE); }
    uint64_t count() const { return __atomic_load_n(&_count, __ATOMIC_ACQUIRE); }
    bool inside() const { return count() % 2 == 1; }

private:
    uint64_t _count{0};
};

void rest_a_while() { static_cast<void>(thread_sleep(MUST(clock_read).now + short_while)); }

// `call` is one of a thread of lower priority that makes it again and again. True when we woke up
// more often during one call than a call that is never interrupted allows.
template <typename Call>
bool interrupted(Call call) {
    Progress progress;
    Peer low{[&] {
        for (;;)
            call(progress);
    }};
    if (!low.start(inherited().priority - 1).ok())
        return false;
    unsigned seen = 0;
    uint64_t last = 0;
    for (unsigned i = 0; i < most_tries && seen < enough; ++i) {
        rest_a_while();
        uint64_t const now = progress.count();
        seen = now % 2 == 1 ? (now == last ? seen + 1 : 1) : 0;
        last = now;
    }
    return seen == enough; // the other ends wherever it is
}

template <typename Call>
auto inside(Progress& progress, Call call) {
    progress.next();
    auto const result = call();
    progress.next();
    return result;
}

TEST(long_operations, memory_create_lets_others_run) {
    EXPECT(interrupted([](Progress& progress) {
        auto const memory = inside(progress, [] { return memory_create(bytes); });
        static_cast<void>(capability_delete(memory.value()));
    }));
}

TEST(long_operations, memory_map_lets_others_run) {
    auto const memory = MUST(memory_create, bytes);
    uint64_t const address = layout::fresh_addresses(bytes);
    EXPECT(interrupted([=](Progress& progress) {
        static_cast<void>(inside(progress, [=] {
            return memory_map(self_process, memory, address, 0, bytes, read_write);
        }));
        static_cast<void>(memory_unmap(self_process, address, bytes));
    }));
}

TEST(long_operations, memory_unmap_lets_others_run) {
    auto const memory = MUST(memory_create, bytes);
    uint64_t const address = layout::fresh_addresses(bytes);
    EXPECT(interrupted([=](Progress& progress) {
        static_cast<void>(memory_map(self_process, memory, address, 0, bytes, read_write));
        static_cast<void>(
            inside(progress, [=] { return memory_unmap(self_process, address, bytes); }));
    }));
}

TEST(long_operations, capability_revoke_lets_others_run) {
    auto const memory = MUST(memory_create, bytes);
    uint64_t const address = layout::fresh_addresses(bytes);
    EXPECT(interrupted([=](Progress& progress) {
        static_cast<void>(memory_map(self_process, memory, address, 0, bytes, read_write));
        static_cast<void>(inside(progress, [=] { return capability_revoke(memory); }));
    }));
}

TEST(long_operations, process_destroy_lets_others_run) {
    auto const memory = MUST(memory_create, bytes);
    EXPECT(interrupted([=](Progress& progress) {
        auto const process = process_create(256 * 1024, 0, 'x', 0, 0, 0);
        if (!process.ok())
            return;
        static_cast<void>(
            memory_map(process.value(), memory, layout::free_begin, 0, bytes, read_write));
        static_cast<void>(inside(progress, [&] { return process_destroy(process.value(), 0); }));
        static_cast<void>(capability_delete(process.value()));
    }));
}

// A thread in the middle of a mapping is not one that has mapped: whoever asks is told so.
TEST(long_operations, addresses_are_taken_while_somebody_maps_there) {
    auto const memory = MUST(memory_create, bytes);
    uint64_t const address = layout::fresh_addresses(bytes);
    Progress progress;
    Peer low{[&] {
        for (;;) {
            static_cast<void>(inside(progress, [=] {
                return memory_map(self_process, memory, address, 0, bytes, read_write);
            }));
            static_cast<void>(memory_unmap(self_process, address, bytes));
        }
    }};
    TAKE(low.start(inherited().priority - 1));
    uint64_t const last = address + bytes - page_size;
    bool met = false;
    for (unsigned i = 0; i < most_tries && !met; ++i) {
        rest_a_while();
        // Nobody else runs between these two.
        bool const there = progress.inside();
        Error const error =
            memory_map(self_process, memory, last, 0, page_size, read_write).error();
        met = there && error == Error::already_mapped;
        if (error == Error::none)
            EXPECT_OK(memory_unmap, self_process, last, page_size);
    }
    EXPECT(met);
}

} // namespace
