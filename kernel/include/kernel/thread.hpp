// SPDX-License-Identifier: MIT
// An execution context. A thread that does not run is its saved registers and the place it waits
// at; it has no kernel stack.
//
//           +--> ready --> running --+--> ended
//           |                        |
//           +------- waiting <-------+      Wait says for what
//
// A thread has no lock of its own. Whoever is exclusive (gate.hpp) may touch each that does not
// execute in user mode (halt() sees to that). Beside others it belongs to where it is:
//
//   running                 its processor: registers, work, FPU state, whom it acts for
//   ready                   the lock of its processor, which guards what modules see of it, too
//   receiving               the lock of the endpoint's line
//   waiting for bits        the lock of the notification
//   waiting for an answer   who takes it out of the reply object first, in one atomic step
//   asleep                  the processor whose timer it waits for
//   released                who took it out
//
// Also guarded: its place in a line, and what it is lent and by whom, by inheritance_lock
// (inheritance.cpp), and by the shared way by the lock of the line that it serves; its node among
// capabilities by derivation_lock, and by the shared way as attempts.cpp says; its place among its
// process's threads by that process's lock, among all threads by known_threads_lock (thread.cpp).
// Whether a processor still has its registers is one atomic word. All else changes only by whoever
// is exclusive: affinity, fault state, its end.
#pragma once

#include <arch/registers.hpp>
#include <kernel/accounting.hpp>
#include <kernel/affinity.hpp>
#include <kernel/derivation.hpp>
#include <kernel/fault.hpp>
#include <kernel/inheritance.hpp>
#include <kernel/kernel_work.hpp>
#include <kernel/object.hpp>
#include <kernel/relaxed.hpp>
#include <kernel/timer_queue.hpp>
#include <lavandin/abi/clock_page.hpp>
#include <lavandin/abi/message.hpp>
#include <lavandin/abi/process.hpp>

namespace kernel {

class Endpoint;
class Notification;
class Process;
class Processor;
class Reply;

inline constexpr uint32_t no_processor = ~uint32_t{0};

enum class Wait : uint8_t {
    none,         // running
    ready,        // in the run queue
    released,     // waits no longer; whoever took it out is about to make it ready
    sleep,        // until the deadline
    call,         // in an endpoint's queue of callers
    answer,       // held by a reply object
    receive,      // in an endpoint's queue of receivers
    notification, // for bits
    processor,    // for a processor to start, park or stop
    ended,
};

struct Process_tag : List_link {}; // its process's list of threads
struct Known_tag : List_link {};   // known_threads

class Thread final : public Object,
                     public Schedulable,
                     public Process_tag,
                     public Known_tag,
                     public Guard_tag,
                     public Server_tag,
                     public Timer_node,
                     public Derivation_node {
public:
    static constexpr Object_type object_type = Object_type::thread;

    Thread(Ref<Quota> quota, Process& process, unsigned priority);
    ~Thread();

    // Message buffer and FPU state. Errors: quota_exceeded, out_of_memory, already_mapped.
    Result<void> prepare(uint64_t buffer_address);
    void start(uint64_t entry, uint64_t stack, uint64_t argument) {
        _registers.start(entry, stack, argument);
    }

    arch::Registers& registers() { return _registers; }
    arch::Registers const& registers() const { return _registers; }
    // Whose capabilities its system calls use and whose quota they charge: that of the member it
    // visits, or its own process.
    Process& process() const { return *_acting; }
    uint64_t identifier() const { return _identifier; }
    void describe(abi::Thread_information& information) const;
    // The process it belongs to, and that pays for it.
    Process& home() const { return *_home; }
    abi::Message_buffer& buffer() { return *_buffer; }
    void* fpu_state() const { return _fpu; }
    uint64_t thread_pointer() const { return _thread_pointer; }
    void set_thread_pointer(uint64_t base) { _thread_pointer = base; }

    // See inheritance.hpp, which also knows what else changes then.
    void set_priority(unsigned priority) {
        Schedulable::set_priority(priority);
        __atomic_store_n(&account->priority, priority, __ATOMIC_RELAXED);
    }
    void inherit_class(Thread const& maker) {
        Schedulable::inherit_class(maker);
        account->priority = priority();
    }

    // It is about to run on that processor: tells readers of the clock.
    void place_on(uint32_t number) {
        ran_on = number;
        if (_placement.processor() == number)
            return;
        _placement = _placement.moved_to(number);
        _buffer->placement = _placement.raw();
    }

    bool ended() const { return wait == Wait::ended; }

    // A processor other than that one has registers of it that are not in memory yet: only it can
    // let the thread run.
    bool loaded_elsewhere(uint32_t number) const {
        uint32_t const loaded = __atomic_load_n(&_loaded_on, __ATOMIC_ACQUIRE);
        return loaded != no_processor && loaded != number;
    }
    void set_loaded_on(uint32_t number) { __atomic_store_n(&_loaded_on, number, __ATOMIC_RELEASE); }

    Fault_state fault_state() const { return _fault_state; }
    Fault const& fault() const { return _fault; }
    void set_fault(Fault_state state, Fault const& fault) {
        _fault_state = state;
        _fault = fault;
    }

    // The current thread, which waits at `object`, does so by the capability in `slot` of its
    // process: revoking that ends the wait.
    void waits_through(abi::Capability_index slot, Object const& object);
    // Who was received is served even when that is revoked.
    void waits_through_nothing();

    // It waits, and no longer: whoever has entered shared has taken it out of the queue it was in,
    // and holds the lock of what it waited at. Its call answers `error`.
    void released(Error error);
    // Its deadline, if it has one, is this processor's, who may take it back.
    bool released_here() const;

    // Takes the thread out of whatever it waits for; its call answers `error`. One that waits for
    // what becomes of its fault gets no answer. It is not made ready.
    void cancel(Error error);
    // Ends the thread for good, wherever it is; the current one when its work is done.
    void end();

    // Calls between members of a group (group_calls.cpp).

    // Enters the kernel: process() is from now on what the message buffer says.
    void enter() {
        if (__atomic_load_n(&_buffer->group_calls.depth, __ATOMIC_RELAXED) != 0) [[unlikely]]
            return enter_visiting();
        _acting = _home.get();
    }
    // The member that answers for a fault of it; nullptr when it came back to one that is gone,
    // and settle() knows how it goes on.
    Process* fault_place() const;
    // Ends it, or, while it visits another member, as soon as it comes back from there.
    void leave();
    // A member of its group has ended: levels of such members are cleared. If it executes in one,
    // it goes on at the next level below with peer_died, or ends when there is none.
    void settle();

    void last_reference_gone() override;

    // Scheduler and IPC state.
    Relaxed<Wait> wait{Wait::none};
    Processor* processor;            // where it runs, is ready, or ran last; at first its maker's
    Processor* timer_at{nullptr};    // where its deadline is, when it is armed
    uint64_t affinity{~uint64_t{0}}; // a bit for each processor that may run it
    uint32_t ran_on{no_processor};   // whose registers were its own last
    Kernel_work work{*this};
    uint64_t settled{0};         // the latest end in its group that it has been told of
    bool stopping{false};        // somebody is about to end it: it receives no more
    Object* waiting_at{nullptr}; // endpoint, reply or notification, which cancels us when it ends
    Ref<Reply> reply;            // receiving: where the caller is to be kept
    uint64_t badge{0};           // calling: of the capability used
    Line* serves{nullptr};       // where it received last
    Loans loans;
    List<Lender, Lender_tag> lenders;
    // Where it is counted: here, or in its process's page (process_accounts.hpp).
    abi::Thread_account own_account{};
    abi::Thread_account* account{&own_account};

private:
    friend struct Outside_access;

    void leave_wait();
    void enter_visiting();
    // Where it executes, if that member lives, and the next level to which it can come back.
    struct Way {
        uint64_t depth{0};
        Process* top{nullptr};
        Process* below{nullptr};
        uint64_t below_level{0};
        abi::Group_level back{};
        uint32_t gone{0}; // a bit per level whose member is gone
    };
    Way way() const;
    Process* top() const;
    Process* member(uint64_t level, abi::Member_identity identity) const;
    bool may_come_back() const;
    void resume(Way const& way);

    arch::Registers _registers;
    uint64_t const _identifier;
    Ref<Process> _home;
    Process* _acting; // lives as long as its threads and visitors may use it: see settle()
    abi::Message_buffer* _buffer{nullptr};
    uint64_t _buffer_address{0};
    void* _fpu{nullptr};
    uint64_t _thread_pointer{0};
    abi::Placement _placement; // also in the buffer
    uint32_t _loaded_on{no_processor};
    bool _leaving{false};
    Fault_state _fault_state{Fault_state::none};
    Fault _fault{};
};

// All of them, for who looks from outside.
extern List<Thread, Known_tag> known_threads;

} // namespace kernel
