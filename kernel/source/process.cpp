// SPDX-License-Identifier: MIT
#include <arch/clock.hpp>
#include <kernel/log.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

namespace {

constexpr uint64_t first_identifier = 1; // nobody is left to start others without it
uint64_t next_identifier = first_identifier;

// Processes that nobody refers to any more. One may hold the last capability to the next, and so
// on: they end one after the other, because ending them inside each other would take a stack of any
// size.
Lock unreferenced_lock; // guards what follows
bool ending_unreferenced = false;
List<Process, Unreferenced_tag>& unreferenced() {
    static List<Process, Unreferenced_tag> list;
    return list;
}

Lock dependants_lock; // guards who lives on whom

// The next one to end, or nullptr: the caller's turn is over then.
Process* next_unreferenced() {
    Lock_guard const guard{unreferenced_lock};
    Process* const next = unreferenced().pop_front();
    ending_unreferenced = next != nullptr;
    return next;
}

// False when somebody further up the stack goes through the list already.
bool add_unreferenced(Process& process) {
    Lock_guard const guard{unreferenced_lock};
    unreferenced().push_back(process);
    return !ending_unreferenced;
}

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
    _threads.push_back(thread);
    _accounts.add(thread);
    ++_thread_count;
}

void Process::remove(Thread& thread) {
    {
        Lock_guard const guard{_lock};
        _threads.remove(thread);
        --_thread_count;
        enter_phase(*thread.account, phase_of(*thread.account), arch::now());
        _accounts.remove(thread);
    }
    Ref<Process> const self{*this};
    if (!alive() && !_threads.front())
        release_space();
    if (this_processor().current() == &thread)
        return this_processor().bury_current();
    if (thread.processor->current() == &thread)
        thread.processor->drop_current();
    if (thread.drop())
        thread.last_reference_gone();
}

// The last one to go may be all that has kept this process.
void Process::settle_threads() {
    for (Thread* thread = _threads.front(); thread;) {
        Thread* const following = _threads.next(*thread);
        thread->settle();
        thread = following;
    }
}

void Process::release_space() {
    if (!_group)
        return;
    _space.destroy();
    _mappings.clear();
    _group->remove(*this);
    _group.reset();
}

void Process::end(abi::Process_state state, uint64_t status) {
    Ref<Process> const self{*this};
    end_alone(state, status);
    while (Ref<Process> const dependant = last_dependant())
        dependant->end_alone(abi::Process_state::killed, 0);
}

void Process::end_alone(abi::Process_state state, uint64_t status) {
    if (!alive())
        return;
    leave_maker(); // which may end by what we let go of
    _state = state;
    _status = status;
    if (_group)
        _group->ended(*this); // which settles our own threads, too
    _table.clear();
    if (!_threads.front())
        release_space();
    quota().close();
    if (_identifier == first_identifier)
        panic("process {}: the first process ended with status {}", _name.text, status);
    if (_end_notification)
        _end_notification->signal(_end_bits);
    forget_end_notification();
    forget_fault_endpoint();
}

void Process::live_on(Process& maker) {
    Lock_guard const guard{dependants_lock};
    maker._dependants.push_back(*this);
}

void Process::leave_maker() {
    Lock_guard const guard{dependants_lock};
    if (Dependant_tag::linked())
        Dependant_tag::unlink();
}

// Somebody who lives on us, or on one who does, and on whom nobody lives: so that ends do not
// happen inside each other. Whoever is not referred to any more is about to end anyway.
Ref<Process> Process::last_dependant() {
    Lock_guard const guard{dependants_lock};
    for (Process* last = this;;) {
        Process* const next = last->_dependants.front();
        if (next) {
            last = next;
        } else if (last == this) {
            return {};
        } else if (last->acquire_if_any()) {
            Ref<Process> found{*last};
            (void)last->drop();
            return found;
        } else {
            last->Dependant_tag::unlink();
            last = this;
        }
    }
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

void Process::last_reference_gone() {
    if (!add_unreferenced(*this))
        return;
    while (Process* const process = next_unreferenced()) {
        process->acquire(); // end() refers to it while it works
        process->end(abi::Process_state::killed, 0);
        unmake(*process);
    }
}

} // namespace kernel
