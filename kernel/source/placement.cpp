// SPDX-License-Identifier: MIT
// Where a thread that may run goes.
#include <arch/clock.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

Processors known_processors;

namespace {

Processors& all = known_processors;

// The allowed processor on which the least urgent thread runs.
Processor* least_urgent(Processor_set allowed) {
    Processor* found = nullptr;
    for (; allowed; allowed &= allowed - 1) {
        Processor* const each = all.at(static_cast<uint32_t>(__builtin_ctzl(allowed)));
        if (!found || each->running_priority() < found->running_priority())
            found = each;
    }
    return found;
}

// Its own processor if that has nothing to do, else an idle one that nobody else has given anything
// yet, else where it is more urgent than who runs there, its own first, else its own.
Processor& choose_processor(Thread const& thread) {
    Processor& own = *thread.processor;
    Processor_set const allowed = thread.affinity & all.accepting();
    bool const own_allowed = (allowed & set_of(own.number())) != 0;
    auto const priority = static_cast<int>(thread.priority());
    if (allowed == set_of(own.number()) || thread.loaded_elsewhere(no_processor) ||
        (own_allowed && own.running_priority() < 0))
        return own;
    for (Processor_set idle = all.idle() & allowed; idle; idle &= idle - 1) {
        auto const number = static_cast<uint32_t>(__builtin_ctzl(idle));
        if (all.end_idle(number))
            return *all.at(number);
    }
    if (own_allowed && own.running_priority() < priority)
        return own;
    Processor* const least = least_urgent(allowed);
    if (least && (!own_allowed || least->running_priority() < priority))
        return *least;
    return own;
}

} // namespace

void Processors::add(Processor& processor) {
    uint32_t const number = processor.number();
    _all[number] = &processor;
    _possible = number < _possible ? _possible : number + 1;
}

bool anybody_ready() {
    for (uint32_t number = 0; number < all.count(); ++number)
        if (all.at(number)->somebody_ready())
            return true;
    return false;
}

void account_all() {
    Time const now = arch::now();
    for (uint32_t number = 0; number < all.count(); ++number)
        all.at(number)->account_current(now);
}

void make_ready(Thread& thread) { choose_processor(thread).enqueue(thread); }

void halt(Thread& thread) {
    Processor& place = *thread.processor;
    if (&place != &this_processor() && place.current() == &thread)
        place.halt();
}

} // namespace kernel
