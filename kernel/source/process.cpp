// SPDX-License-Identifier: MIT
#include <arch/clock.hpp>
#include <kernel/log.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

namespace {

uint64_t next_identifier = Process::first_identifier;

static_assert(sizeof(Process) <= 21 * Slab<Kernel_pages>::alignment, "three to a page");

} // namespace

Process::Process(Ref<Quota> quota, Name name, bool uses_fpu)
    : Object{object_type, static_cast<Ref<Quota>&&>(quota)}, _table{*this},
      _identifier{__atomic_fetch_add(&next_identifier, 1, __ATOMIC_RELAXED)}, _name{name},
      _uses_fpu{uses_fpu} {}

Result<void> Process::prepare(Ref<Group> group) {
    if (!group) {
        group = TRY(make<Group>(Ref<Quota>{quota()}));
        TRY_VOID(group->prepare_alone());
    }
    TRY_VOID(group->add(*this, _space));
    _group = static_cast<Ref<Group>&&>(group);
    return {};
}

Result<void> Process::set_end_notification(Ref<Notification> notification, uint64_t bits,
                                           Capability_table& table, abi::Capability_index slot) {
    if (!_end_binding.attach(table, slot, *notification))
        return Error::invalid_capability;
    _end_notification = static_cast<Ref<Notification>&&>(notification);
    _end_bits = bits;
    return {};
}

void Process::forget_end_notification() {
    _end_binding.detach();
    _end_notification.reset();
}

void Process::binding_revoked() {
    if (_end_binding.revoked())
        forget_end_notification();
    if (_fault_binding.revoked())
        forget_fault_endpoint();
}

void Process::add(Thread& thread) {
    Lock_guard const guard{_lock};
    thread.acquire(); // a thread that has not ended keeps itself
    thread.settled = latest_end();
    _threads.push_back(thread);
    _accounts.add(thread);
    ++_thread_count;
}

// The thread may be all that has kept this process.
void Process::remove(Thread& thread) {
    {
        Lock_guard const guard{_lock};
        _threads.remove(thread);
        --_thread_count;
        enter_phase(*thread.account, phase_of(*thread.account), arch::now());
        _accounts.remove(thread);
    }
    Ref<Process> const self{*this};
    if (!alive() && !_threads.front() && _group)
        go_on_ending();
    if (this_processor().current() == &thread)
        return this_processor().bury_current();
    if (thread.processor->current() == &thread)
        thread.processor->drop_current();
    if (thread.drop())
        thread.last_reference_gone();
}

void Process::describe(abi::Process_information& information) {
    account_all();
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
    constexpr auto running = static_cast<uint64_t>(abi::Thread_phase::running);
    information.processor_time = _accounts.counts().time[running];
    for (Thread* thread = _threads.front(); thread; thread = _threads.next(*thread))
        information.processor_time += thread->account->time[running];
    for (unsigned i = 0; i < sizeof information.name; ++i)
        information.name[i] = _name.text[i];
    information.member = _identity.raw();
    information.region_begin = _space.begin();
    information.region_end = _space.end();
}

} // namespace kernel
