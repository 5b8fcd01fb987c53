// SPDX-License-Identifier: MIT
#include <arch/clock.hpp>
#include <arch/fpu.hpp>
#include <arch/frames.hpp>
#include <kernel/endpoint.hpp>
#include <kernel/process.hpp>
#include <kernel/processor_control.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

constinit List<Thread, Known_tag> known_threads;

namespace {

Lock known_threads_lock; // guards that

uint64_t last_identifier;

// All states have the same size, known only once the processor has been asked.
Slab<Kernel_pages>& fpu_slab() {
    static Slab<Kernel_pages> slab{arch::fpu_state_size()};
    return slab;
}

} // namespace

Thread::Thread(Ref<Quota> quota, Process& process, unsigned priority)
    : Object{object_type, static_cast<Ref<Quota>&&>(quota)}, Schedulable{priority},
      Derivation_node{Kind::waiting_thread}, processor{&this_processor()},
      _identifier{__atomic_add_fetch(&last_identifier, 1, __ATOMIC_RELAXED)}, _home{process},
      _acting{&process} {
    own_account.identifier = _identifier;
    own_account.begun = own_account.since = arch::now();
    own_account.phase = static_cast<uint64_t>(abi::Thread_phase::waiting);
    own_account.processor = processor->number();
    own_account.priority = priority;
    Lock_guard const guard{known_threads_lock};
    known_threads.push_back(*this);
}

Thread::~Thread() {
    {
        Lock_guard const guard{known_threads_lock};
        known_threads.remove(*this);
    }
    if (_buffer) {
        give_kernel_page(_buffer);
        quota().refund(page_size);
    }
    if (_fpu) {
        arch::fpu_end(_fpu);
        fpu_slab().release(_fpu);
        quota().refund(fpu_slab().object_bytes());
    }
}

Result<void> Thread::prepare(uint64_t buffer_address) {
    if (_home->mappings().claimed(buffer_address))
        return Error::already_mapped;
    if (_home->uses_fpu()) {
        TRY_VOID(quota().charge(fpu_slab().object_bytes()));
        auto const state = fpu_slab().allocate();
        if (!state.ok()) {
            quota().refund(fpu_slab().object_bytes());
            return state.error();
        }
        _fpu = state.value();
        arch::fpu_start(_fpu);
    }
    TRY_VOID(quota().charge(page_size));
    auto const page = take_kernel_page();
    if (!page.ok()) {
        quota().refund(page_size);
        return page.error();
    }
    _buffer = static_cast<abi::Message_buffer*>(page.value());
    TRY_VOID(
        _home->space().map_kernel_page(User_address{buffer_address}, arch::frame_of(page.value())));
    _buffer_address = buffer_address;
    return {};
}

void Thread::waits_through(abi::Capability_index slot, Object const& object) {
    if (!process().table().derive(slot, object, *this))
        cancel(Error::invalid_capability);
}

void Thread::waits_through_nothing() {
    if (alone())
        return;
    Lock_guard const guard{derivation_lock};
    Derivation_node::remove();
}

void Thread::leave_wait() {
    if (armed())
        timer_at->disarm(*this);
    waits_through_nothing();
    Wait const was = wait;
    wait = Wait::none; // it may have lent its priority to itself
    switch (was) {
    case Wait::ready:
        processor->remove(*this);
        break;
    case Wait::receive:
        reply->in_use = false;
        reply.reset();
        static_cast<Endpoint*>(waiting_at)->remove_receiver(*this);
        break;
    case Wait::call:
        static_cast<Endpoint*>(waiting_at)->line().leave(*this);
        break;
    case Wait::answer:
        static_cast<Reply*>(waiting_at)->release();
        break;
    case Wait::notification:
        static_cast<Notification*>(waiting_at)->stop_waiting();
        break;
    case Wait::processor:
        static_cast<Processor_control*>(waiting_at)->stop_waiting();
        break;
    case Wait::none:
    case Wait::released:
    case Wait::sleep:
    case Wait::ended:
        break;
    }
    waiting_at = nullptr;
}

void Thread::cancel(Error error) {
    leave_wait();
    if (_fault_state == Fault_state::none) [[likely]]
        return _registers.answer(error);
    if (_fault_state == Fault_state::allowed) {
        _fault_state = Fault_state::none;
        return;
    }
    _fault_state = Fault_state::unanswered;
    work.note();
}

void Thread::end() {
    if (ended() || work.keeps())
        return;
    halt(*this);
    leave_wait();
    wait = Wait::ended;
    _fault_state = Fault_state::none;
    inheritance::forget(*this);
    forget_affinity(*this);
    processor->forget(*this);
    _acting = _home.get();
    if (_buffer_address)
        _home->space().unmap_kernel_page(User_address{_buffer_address});
    Ref<Thread> const self{*this};
    _home->remove(*this);
}

void Thread::describe(abi::Thread_information& information) const {
    information = {};
    information.identifier = _identifier;
    information.process = _home->identifier();
    information.ended = ended();
    information.priority = priority();
    information.base_priority = base_priority();
    information.affinity = affinity;
    information.processor = processor->number();
    information.processor_time = account->time[static_cast<uint64_t>(abi::Thread_phase::running)];
    information.switches = account->switches;
}

void Thread::last_reference_gone() { unmake(*this); }

} // namespace kernel
