// SPDX-License-Identifier: MIT
#include <kernel/log.hpp>
#include <kernel/memory.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

namespace {
constexpr uint64_t first_identifier = 1; // nobody is left to start others without it
uint64_t next_identifier = first_identifier;
} // namespace

Process::Process(Ref<Quota> quota, Name name, bool uses_fpu)
    : Object{object_type, static_cast<Ref<Quota>&&>(quota)}, _table{*this},
      _identifier{__atomic_fetch_add(&next_identifier, 1, __ATOMIC_RELAXED)}, _name{name},
      _uses_fpu{uses_fpu} {}

void Process::set_end_notification(Ref<Notification> notification, uint64_t bits) {
    _end_notification = static_cast<Ref<Notification>&&>(notification);
    _end_bits = bits;
}

void Process::add(Thread& thread) {
    Lock_guard const guard{_lock};
    thread.acquire(); // a thread that has not ended keeps itself
    _threads.push_back(thread);
    ++_thread_count;
}

void Process::remove(Thread& thread) {
    {
        Lock_guard const guard{_lock};
        _threads.remove(thread);
        --_thread_count;
        _ended_threads_time += thread.processor_time;
    }
    if (this_processor().current() == &thread)
        this_processor().bury_current();
    else if (thread.drop())
        thread.last_reference_gone();
}

void Process::end(abi::Process_state state, uint64_t status) {
    if (!alive())
        return;
    Ref<Process> const self{*this};
    _state = state;
    _status = status;
    while (Thread* const thread = _threads.front())
        thread->end();
    _table.clear();
    _space.destroy(page_unmapped);
    if (_identifier == first_identifier)
        panic("process {}: the first process ended with status {}", _name.text, status);
    if (_end_notification)
        _end_notification->signal(_end_bits);
    _end_notification.reset();
}

void Process::describe(abi::Process_information& information) {
    Lock_guard const guard{_lock};
    information = {};
    information.state = static_cast<uint64_t>(_state);
    information.status = _status;
    information.fault_address = _fault.address;
    information.fault_instruction = _fault.instruction;
    information.fault_code = _fault.code;
    information.quota_limit = quota().limit();
    information.quota_used = quota().used();
    information.threads = _thread_count;
    information.identifier = _identifier;
    information.processor_time = _ended_threads_time;
    for (Thread* thread = _threads.front(); thread; thread = _threads.next(*thread))
        information.processor_time += thread->processor_time;
    for (unsigned i = 0; i < sizeof information.name; ++i)
        information.name[i] = _name.text[i];
}

void Process::last_reference_gone() {
    acquire(); // end() refers to us while it works
    end(abi::Process_state::killed, 0);
    unmake(*this);
}

void page_unmapped(Pfn frame) {
    auto* const memory = reinterpret_cast<Memory*>(frame_pool().link(frame));
    if (memory && memory->drop())
        memory->last_reference_gone();
}

} // namespace kernel
