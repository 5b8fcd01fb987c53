// SPDX-License-Identifier: MIT
// How a processor leaves: what it does and has goes elsewhere, then it blocks or goes down. And how
// it comes, the first time or again.
#include <arch/clock.hpp>
#include <kernel/boot.hpp>
#include <kernel/process.hpp>
#include <kernel/processor_control.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

namespace {

constexpr unsigned most_at_once = 32; // threads or deadlines that one step moves

} // namespace

void Processor::retire() {
    _retiring = true;
    preempt();
}

// It waits for events as one without work does, and knows nothing of it yet.
void Processor::come_back_idle() {
    processors().begin_idle(_number);
    _idle = true;
    enter(abi::Activity::idle, arch::now());
}

bool Processor::give_away_step() {
    for (unsigned moved = 0; moved < most_at_once; ++moved) {
        Thread* ready = nullptr;
        {
            Lock_guard const guard{_lock};
            ready = static_cast<Thread*>(_classes.any());
            if (ready) {
                _classes.leave(*ready, _since);
                publish_length();
            }
        }
        if (ready) {
            make_ready(*ready);
        } else if (Timer_node* const node = _timers.expire(never)) {
            auto& thread = static_cast<Thread&>(*node);
            Processor& to =
                *processors().at(static_cast<uint32_t>(__builtin_ctzl(processors().accepting())));
            to.take_deadline(thread, thread.deadline());
        } else {
            return true;
        }
    }
    return false;
}

void Processor::take_deadline(Thread& thread, Time deadline) {
    thread.timer_at = this;
    bool const first = deadline < _timers.first_deadline();
    _timers.insert(thread, deadline);
    if (first)
        preempt(); // it sets its timer
}

// Between the parts others may come in; one of them may take all of it back.
void Processor::leave_for_good() {
    Gate::become_exclusive(*this);
    Processor_control& control = processor_control(_number);
    while (control.state() == abi::Processor_state::draining && !control.leave_step())
        Gate::give_way(*this);
    _retiring = false;
    if (control.state() == abi::Processor_state::online)
        return reschedule();
    enter(abi::Activity::away, arch::now());
    _programmed = never;
    arch::program_timer(never);
    bool const stop = control.state() == abi::Processor_state::stopped;
    Gate::leave(*this, false);
    if (stop)
        arch::stop_processor();
    arch::idle();
}

// Without a line in the log: that would wake servers, which would come before who waits for this.
void processor_started() { processor_resumed(); }

void processor_resumed() {
    Processor& self = this_processor();
    Gate::enter_exclusive(self);
    processor_control(self.number()).started();
    self.reschedule();
    Gate::leave(self, true);
    arch::enter_user();
}

void Processor::describe(abi::Processor_information& information) const {
    if (_current) {
        information.running = _current->identifier();
        information.running_process = _current->home().identifier();
    }
    information.switches = _accounts->counts.switches;
}

} // namespace kernel
