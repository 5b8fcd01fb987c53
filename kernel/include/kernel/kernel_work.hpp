// SPDX-License-Identifier: MIT
// What a thread has left to do in the kernel before it goes on in user mode, in the order in which
// it does that:
//
//   a fault that nobody answers -> leftovers, the latest first -> its operation -> its own end
//
// Each step is bounded. Between two of them pending events are seen to, and whoever has a higher
// priority runs (Processor::work). A thread with work is ready or runs, like any other.
//
// One that is ended meanwhile leaves its work to the thread that ended it, and so caused it. One
// that ends itself does its work first: it may be the last that is left of its process.
#pragma once

#include <kernel/leftover.hpp>
#include <kernel/operation.hpp>

namespace kernel {

class Kernel_work final : private Leftover {
public:
    explicit Kernel_work(Thread& thread) : _thread{thread} {}

    bool any() const { return _any; }
    // The thread's state says more (a fault).
    void note() { _any = true; }

    void push(Leftover& leftover) {
        _leftovers.push_front(leftover);
        _any = true;
    }
    void take_over(Leftovers& leftovers) {
        _leftovers.take_over(leftovers);
        _any = !_leftovers.empty() || _any;
    }

    // Carries out a T for the thread, which is the current one: its first step at once, the others
    // when the thread is about to leave the kernel.
    template <typename T, typename... Arguments>
    void carry_out(Arguments&&... arguments) {
        static_assert(sizeof(T) <= Operation::most_bytes);
        _operation = new (_place) T{static_cast<Arguments&&>(arguments)...};
        first_step();
    }

    // Does the system call again for which an operation has prepared something. Nothing is prepared
    // twice.
    void call_again();
    bool calls_again() const { return _calls_again; }

    // One step of what comes first.
    void step();

    // The thread is to end. True when it has to do its work first; it ends by itself then.
    bool keeps();
    bool ending() const { return _ending; }
    // The thread, which runs next, belongs to a process that is ending: it does not come back to
    // user mode, where it would go on to answer others for a process that is not whole any more.
    void end_with_process();

    // What the thread is doing it does not finish: it goes on elsewhere.
    void give_up();

private:
    void first_step();
    void operate();
    void end_operation();
    void hand_over();
    void take_apart() override; // the operation of a thread that has ended

    bool _any{false};
    bool _ending{false};
    bool _undoing{false};
    bool _calls_again{false};
    Thread& _thread;
    Leftovers _leftovers;
    Operation* _operation{nullptr};
    alignas(16) char _place[Operation::most_bytes];
};

} // namespace kernel
