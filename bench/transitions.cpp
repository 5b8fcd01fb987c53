// SPDX-License-Identifier: MIT
// What it costs to take a processor away and give it back: the processor holds threads that wait,
// two of them until a moment, and an interrupt's line; the caller blocks until it has happened.
#include "processors.hpp"

#include <lavandin/clock.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/thread.hpp>

#include <array>

using namespace lavandin;

namespace bench {

namespace {

using abi::Processor_action;

constexpr unsigned holders = 8;
constexpr unsigned timed = 2; // of them
constexpr unsigned rounds = 16;
constexpr uint64_t only_first = 1;
constexpr uint64_t only_second = 2;

struct Holder {
    Notification bell;
    uint64_t deadline{forever};
    uint64_t waits{0};
    Thread thread;
};

std::array<Holder, holders> held;

void hold(void* argument) {
    auto& self = *static_cast<Holder*>(argument);
    while (true) {
        __atomic_fetch_add(&self.waits, 1, __ATOMIC_RELEASE);
        static_cast<void>(notification_wait(self.bell.index(), self.deadline));
    }
}

Result<void> make_holders() {
    for (unsigned i = 0; i < holders; ++i) {
        held[i].bell = TRY(Notification::create());
        held[i].deadline = i < timed ? after(100'000 * second) : forever;
        held[i].thread = TRY(Thread::start(hold, &held[i]));
    }
    return {};
}

// All of them run on the second processor and wait there again.
Result<void> settle() {
    for (Holder& each : held) {
        auto const thread = each.thread.kernel_thread().index();
        TRY_VOID(thread_set_affinity(thread, only_second));
        uint64_t const before = __atomic_load_n(&each.waits, __ATOMIC_ACQUIRE);
        TRY_VOID(each.bell.signal());
        while (__atomic_load_n(&each.waits, __ATOMIC_ACQUIRE) == before)
            sleep_for(100 * microsecond);
        sleep_for(100 * microsecond); // it is about to wait
        TRY_VOID(thread_set_affinity(thread, any_processor));
    }
    return {};
}

Result<void> act(Capability const& processor, Processor_action action) {
    return processor_control(processor.index(), static_cast<uint64_t>(action), forever).error();
}

// The lines that the first processor has go to the second; parking brings its threads, too.
Result<void> move_interrupts(Capability const& first) {
    TRY_VOID(thread_set_affinity(0, only_second));
    TRY_VOID(act(first, Processor_action::park));
    TRY_VOID(act(first, Processor_action::unpark));
    return thread_set_affinity(0, any_processor);
}

class Series {
public:
    explicit Series(char const* name) : _name{name} {}

    Result<void> measure(Capability const& processor, Processor_action action) {
        uint64_t const begin = ticks();
        TRY_VOID(act(processor, action));
        _samples[_count++] = ticks() - begin;
        return {};
    }
    void print() { print_figure(_name, "ticks", _samples.data(), _count); }

private:
    char const* _name;
    unsigned _count{0};
    std::array<uint64_t, rounds> _samples{};
};

Result<Capability> open(uint64_t number) {
    return Capability{TRY(processor_open(environment().capability("system"), number))};
}

} // namespace

Result<void> measure_transitions() {
    Capability const first = TRY(open(0));
    Capability const second = TRY(open(1));
    Series start_first{"processor: start for the first time"};
    TRY_VOID(start_first.measure(second, Processor_action::start));
    start_first.print();
    TRY_VOID(make_holders());
    Series park{"processor: park"};
    Series unpark{"processor: unpark"};
    Series stop{"processor: stop"};
    Series start{"processor: start again"};
    for (unsigned i = 0; i < rounds; ++i) {
        TRY_VOID(settle());
        TRY_VOID(move_interrupts(first));
        TRY_VOID(thread_set_affinity(0, only_first));
        TRY_VOID(park.measure(second, Processor_action::park));
        sleep_for(millisecond);
        TRY_VOID(unpark.measure(second, Processor_action::unpark));
        TRY_VOID(thread_set_affinity(0, any_processor));
        TRY_VOID(settle());
        TRY_VOID(move_interrupts(first));
        TRY_VOID(thread_set_affinity(0, only_first));
        TRY_VOID(stop.measure(second, Processor_action::stop));
        sleep_for(millisecond);
        TRY_VOID(start.measure(second, Processor_action::start));
        TRY_VOID(thread_set_affinity(0, any_processor));
    }
    park.print();
    unpark.print();
    stop.print();
    start.print();
    return {};
}

} // namespace bench
