// SPDX-License-Identifier: MIT
#include <kernel/affinity.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

namespace {

using Guarded = List<Thread, Guard_tag>;

void guard(Thread& thread) {
    if (static_cast<Guard_tag&>(thread).linked())
        Guarded::remove(thread);
    if (thread.affinity == all_processors)
        return;
    Processor_set const possible = thread.affinity & processors().accepting();
    auto const number = static_cast<uint32_t>(__builtin_ctzl(possible));
    processors().at(number)->guarded().push_back(thread);
}

} // namespace

Result<void> set_affinity(Thread& thread, uint64_t wanted) {
    if (!(wanted & processors().accepting()))
        return Error::no_processor;
    thread.affinity = wanted;
    guard(thread);
    thread.processor->reconsider(thread);
    return {};
}

void inherit_affinity(Thread& thread, Thread const& maker) {
    thread.affinity = maker.affinity;
    guard(thread);
}

void forget_affinity(Thread& thread) {
    if (static_cast<Guard_tag&>(thread).linked())
        Guarded::remove(thread);
}

} // namespace kernel
