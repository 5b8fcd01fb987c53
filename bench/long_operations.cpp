// SPDX-License-Identifier: MIT
// What the kernel does in steps. Not what these cost counts, but how long it goes on at most
// without a look for events, which somebody outside counts (qemu-tests/counter).
#include "measure.hpp"
#include "operations.hpp"

#include <lavandin/clock.hpp>
#include <lavandin/thread.hpp>

using namespace lavandin;

namespace bench {

namespace {

constexpr unsigned samples = 3;
constexpr uint64_t most_memory = 16 * 1024 * 1024;
constexpr auto read_write = memory_permission::read | memory_permission::write;

// Of another process.
constexpr uint64_t crowd_quota = 3 * 1024 * 1024;
constexpr uint64_t crowd_begin = 0x1000'0000; // the partners' code
constexpr uint64_t buffers_begin = 0x2000'0000;
constexpr uint64_t big_begin = 0x4000'0000;
constexpr unsigned crowd_threads = 100;
constexpr unsigned crowd_capabilities = 2000;
constexpr uint64_t while_they_run = 20'000'000; // nanoseconds

// A process with many threads that all do the same.
class Crowd {
public:
    static Result<Crowd> create(Memory const& code) {
        Crowd crowd;
        crowd._process = TRY(Process::create(crowd_quota, "crowd", process_without_fpu));
        TRY_VOID(crowd._process.map(code, crowd_begin, 0, page_size,
                                    memory_permission::read | memory_permission::execute));
        return crowd;
    }

    Process const& process() const { return _process; }

    Result<void> start(char const* entry, uint64_t argument) {
        uint64_t const address = crowd_begin + static_cast<uint64_t>(entry - partner_begin);
        for (unsigned i = 0; i < crowd_threads; ++i) {
            uint64_t const buffer = buffers_begin + i * page_size;
            Kernel_thread const thread = Kernel_thread::own(TRY(thread_create(
                _process.index(), address, buffer, argument, default_priority, buffer)));
        }
        (void)thread_sleep(now() + while_they_run);
        return {};
    }

    Crowd() = default;
    Crowd(Crowd&&) = default;
    Crowd& operator=(Crowd&&) = default;
    ~Crowd() {
        if (_process.valid())
            (void)_process.destroy(0);
    }

private:
    Process _process;
};

Result<void> big_memory(uint64_t address) {
    Measurement{"make and free 16 MiB", 1, samples}.run(
        [] { (void)capability_delete(memory_create(most_memory).value()); });
    Memory const big = TRY(Memory::create(most_memory));
    auto const map = [&] {
        return memory_map(self_process, big.index(), address, 0, most_memory, read_write);
    };
    Measurement{"map and unmap 16 MiB", 1, samples}.run([&] {
        (void)map();
        (void)memory_unmap(self_process, address, most_memory);
    });
    TRY_VOID(map());
    Measurement{"revoke a mapping of 16 MiB", 1, samples}.run([&] {
        (void)capability_revoke(big.index());
        (void)map();
    });
    return memory_unmap(self_process, address, most_memory);
}

Result<void> copies(uint64_t address) {
    constexpr uint64_t bytes = most_memory / 4; // the quota pays for both
    Memory const original = TRY(Memory::create(bytes));
    TRY_VOID(memory_map(self_process, original.index(), address, 0, bytes, read_write));
    Measurement{"copy 4 MiB that are mapped, free the copy", 1, samples}.run(
        [&] { (void)capability_delete(memory_copy(original.index(), 0, bytes).value()); });
    return memory_unmap(self_process, address, bytes);
}

void fill_table(Process const& process, Notification const& notification) {
    for (unsigned i = 0; i < crowd_capabilities; ++i)
        (void)process.install(notification.index());
}

Result<void> revoke_many() {
    Process const holder = TRY(Process::create(crowd_quota, "holder", process_without_fpu));
    Notification const notification = TRY(Notification::create());
    Measurement{"give and revoke 2,000 capabilities", 1, samples}.run([&] {
        fill_table(holder, notification);
        (void)capability_revoke(notification.index());
    });
    return holder.destroy(0);
}

Result<void> end_much(Memory const& code) {
    Memory const big = TRY(Memory::create(most_memory));
    Notification const notification = TRY(Notification::create());
    Measurement{"end a process with much in it", 1, samples}.run([&] {
        auto made = Crowd::create(code);
        if (!made.ok())
            return;
        Crowd& crowd = made.value();
        (void)crowd.start(partner_sleep, forever);
        (void)crowd.process().map(big, big_begin, 0, most_memory, read_write);
        fill_table(crowd.process(), notification);
    });
    return {};
}

Result<void> fail_many_callers(Memory const& code) {
    Measurement{"end an endpoint with 100 callers", 1, samples}.run([&] {
        auto made = Crowd::create(code);
        auto endpoint = Endpoint::create();
        if (!made.ok() || !endpoint.ok())
            return;
        auto const theirs = made.value().process().install(endpoint.value().index());
        (void)made.value().start(partner_call, theirs.ok() ? theirs.value() : 0);
        (void)capability_revoke(endpoint.value().index());
        endpoint = Endpoint{};
        (void)thread_sleep(now() + while_they_run);
    });
    return {};
}

Result<void> wake_many_sleepers(Memory const& code) {
    Measurement{"100 deadlines at once", 1, samples}.run([&] {
        auto made = Crowd::create(code);
        if (made.ok())
            (void)made.value().start(partner_sleep, now() + while_they_run);
        (void)thread_sleep(now() + while_they_run);
    });
    return {};
}

// What a thread of low priority does while another sleeps.
struct Busy {
    Capability_index memory;
    uint64_t address;
    bool done;
};

void keep_busy(void* argument) {
    auto& busy = *static_cast<Busy*>(argument);
    while (!__atomic_load_n(&busy.done, __ATOMIC_RELAXED)) {
        (void)memory_map(self_process, busy.memory, busy.address, 0, most_memory, read_write);
        (void)memory_unmap(self_process, busy.address, most_memory);
    }
}

// How late one wakes up, which a kernel that is busy in one go would show.
Result<void> sleep_beside(uint64_t address) {
    constexpr unsigned sleeps = 100;
    static uint64_t late[sleeps];
    Memory const big = TRY(Memory::create(most_memory));
    Busy busy{big.index(), address, false};
    Thread_options options;
    options.priority = default_priority - 1;
    Thread low = TRY(Thread::start(keep_busy, &busy, options));
    for (auto& each : late) {
        uint64_t const deadline = after(100 * microsecond);
        (void)thread_sleep(deadline);
        each = now() - deadline;
    }
    __atomic_store_n(&busy.done, true, __ATOMIC_RELAXED);
    low.join();
    print_figure("sleep of 100 us beside mapping of 16 MiB, overshoot", "ns", late, sleeps);
    return {};
}

} // namespace

Result<void> measure_long_operations(Memory const& code) {
    uint64_t const address = TRY(take_addresses(most_memory));
    TRY_VOID(big_memory(address));
    TRY_VOID(copies(address));
    TRY_VOID(sleep_beside(address));
    give_back_addresses(address);
    TRY_VOID(revoke_many());
    TRY_VOID(end_much(code));
    TRY_VOID(fail_many_callers(code));
    return wake_many_sleepers(code);
}

} // namespace bench
