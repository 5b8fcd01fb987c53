// SPDX-License-Identifier: MIT
#include <kernel/affinity.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

namespace {

using Guarded = List<Thread, Guard_tag>;

void guard(Thread& thread, Processor_set by) {
    if (static_cast<Guard_tag&>(thread).linked())
        Guarded::remove(thread);
    if (thread.affinity == all_processors)
        return;
    Processor_set const possible = thread.affinity & by;
    auto const number = static_cast<uint32_t>(__builtin_ctzl(possible));
    processors().at(number)->guarded().push_back(thread);
}

} // namespace

Result<void> set_affinity(Thread& thread, uint64_t wanted) {
    if (!(wanted & processors().accepting()))
        return Error::no_processor;
    thread.affinity = wanted;
    guard(thread, processors().accepting());
    thread.processor->reconsider(thread);
    return {};
}

void inherit_affinity(Thread& thread, Thread const& maker) {
    thread.affinity = maker.affinity;
    guard(thread, processors().accepting());
}

// Those that have moved before one cannot are none the worse for it.
Thread* move_guards(Processor& leaving, uint64_t others) {
    while (Thread* const thread = leaving.guarded().front()) {
        if (!(thread->affinity & others))
            return thread;
        guard(*thread, others);
    }
    return nullptr;
}

void forget_affinity(Thread& thread) {
    if (static_cast<Guard_tag&>(thread).linked())
        Guarded::remove(thread);
}

} // namespace kernel
