// SPDX-License-Identifier: MIT
// A processor without work takes from others.
#include <arch/processor.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

// The highest of those that wait longest, that may run on one of `to`, and whose state is in
// memory.
Thread* Processor::give_away(Processor_set to) {
    constexpr unsigned most_looks = 16;
    Lock_guard const guard{_lock};
    auto const may_go = [&](Schedulable& each) {
        auto const& thread = static_cast<Thread&>(each);
        return (thread.affinity & to) != 0 && !thread.loaded_elsewhere(no_processor);
    };
    Schedulable* const found = _classes.find(most_looks, may_go);
    if (!found)
        return nullptr;
    _classes.leave(*found, _since);
    publish_length();
    return static_cast<Thread*>(found);
}

// Of those processors, the one whose queue has the most urgent thread.
Processor* Processor::richest_of(Processor_set those) {
    Processor* richest = nullptr;
    int highest = nobody;
    for (; those; those &= those - 1) {
        Processor& each = *processors().at(static_cast<uint32_t>(__builtin_ctzl(those)));
        int const there = each._classes.highest();
        if (there > highest) {
            highest = there;
            richest = &each;
        }
    }
    return richest;
}

// The first may have only threads that may not run here. Who does not accept threads gives its own
// away.
Thread* Processor::steal(Time now) {
    Processor_set others = processors().accepting();
    if (!(others & set_of(_number)))
        return nullptr;
    others &= ~set_of(_number);
    Thread* taken = nullptr;
    while (Processor* const from = taken ? nullptr : richest_of(others)) {
        others &= ~set_of(from->number());
        taken = from->give_away(set_of(_number));
    }
    if (!taken)
        return nullptr;
    taken->processor = this;
    Lock_guard const guard{_lock};
    _classes.enter(*taken, Policy_reason::moved, now);
    auto* const next = static_cast<Thread*>(_classes.next(now));
    publish_length();
    begin_turn(next, now);
    return next;
}

} // namespace kernel
