// SPDX-License-Identifier: MIT
// The whole kernel on a fake machine, with one process whose thread runs. Tests are what user mode
// does: they make system calls as the current thread. When a test is over, everything it made must
// be gone: quota, frames, objects, page tables.
//
// There is one processor until a test asks for more. on(n): what follows happens on processor n.
// Kicks wait until a test has them arrive, or until the kernel itself waits for that.
#pragma once

#include "fakes/platform.hpp"
#include "fakes/xen.hpp"
#include <array>
#include <gtest/gtest.h>
#include <initializer_list>
#include <kernel/boot.hpp>
#include <kernel/endpoint.hpp>
#include <kernel/memory.hpp>
#include <kernel/process.hpp>
#include <kernel/processor_control.hpp>
#include <kernel/scheduler.hpp>
#include <lavandin/abi/system_call_numbers.hpp>
#include <memory>
#include <vector>

namespace kernel {

// For messages of the test framework.
void PrintTo(Error error, std::ostream* stream);

// Quota, frames and objects, as far as a system call can change them.
struct Usage {
    std::vector<uint64_t> quotas;
    uint64_t frames; // free, or kept as empty page tables
    std::array<uint64_t, abi::object_types> objects;

    friend bool operator==(Usage const&, Usage const&) = default;
};
void PrintTo(Usage const& usage, std::ostream* stream);

class Kernel_test : public testing::Test {
protected:
    using Call = abi::System_call;
    using Slot = abi::Capability_index;

    struct Answer {
        Error error;
        std::array<uint64_t, 6> words;

        uint64_t operator[](unsigned index) const { return words[index]; }
        Slot slot() const { return static_cast<Slot>(words[0]); }
    };

    // A process with a thread, and the slots of the root process that hold them.
    struct Child {
        Ref<Process> process;
        Ref<Thread> thread;
        Slot slot;
        Slot thread_slot;
    };

    static constexpr uint64_t root_bytes = 12 * 1024 * 1024;
    static constexpr uint64_t child_bytes = 256 * 1024;
    static constexpr uint64_t buffer_address = 0x200000;

    Kernel_test();
    ~Kernel_test() override;

    // A system call by the current thread: what it finds in its registers when it runs again. If
    // it waits, `answer_of` tells later.
    Answer call(Call number, std::initializer_list<uint64_t> arguments = {});
    static Answer answer_of(Thread const& thread);

    // The same, within the kernel already: see fake::Strands::when_interrupted().
    static void system_call();
    // A system call by the current thread of another processor, in the middle of what this one
    // does: it is made as soon as that lets the other one in.
    void call_on(uint32_t processor, Call number, std::initializer_list<uint64_t> arguments);

    // The call is expected to succeed.
    Slot make(Call number, std::initializer_list<uint64_t> arguments = {});
    // A copy in a child's table of a slot of the current process.
    Slot give(Child const& child, Slot source, uint64_t permissions = abi::all_permissions,
              uint64_t badge = 0);

    // Both as the root thread.
    Child spawn(uint64_t quota = child_bytes, uint64_t priority = abi::default_priority);
    Child spawn_thread(Child const& process, uint64_t number);

    // Processors 1 and up start, and are idle.
    void start_processors(uint32_t count);
    uint32_t processor_count() const { return _count; }
    // What follows happens on that processor.
    void on(uint32_t processor) { fake::strands().choose(processor); }
    static Processor& processor(uint32_t number) { return *processors().at(number); }
    Thread* current_on(uint32_t number) const { return processor(number).current(); }
    // Processors that were kicked and have not noticed yet.
    Processor_set kicked() const;
    // One of them, or all of them until none is, notices.
    void take_kick(uint32_t number);
    void take_kicks();
    // Executes what only an exclusive one may, on the chosen processor.
    template <typename Body>
    void exclusively(Body body) {
        enter([&] {
            Processor& self = processor(fake::strands().executing());
            Gate::enter_exclusive(self);
            body();
            if (!self.current() || self.must_reschedule() || self.work_left())
                self.reschedule();
            Gate::leave(self, true);
        });
    }

    Thread* current() const { return current_on(fake::strands().executing()); }
    // Lets others of the same priority give way until this thread is the current one.
    void run(Thread& thread);
    // Time passes; the timer comes if it is set for then.
    void advance(Time nanoseconds);
    void interrupt(arch::Line line);
    void reschedule();

    Thread& root() { return *_root_thread; }
    Process& root_process() { return *_root; }
    Quota& root_quota() { return *_quota; }
    bool idle() const { return current() == nullptr; }

    Usage usage() const;

    // Of the test, the root's last. No thread is left.
    void end_processes();

    // Processes that `usage` looks at and that end with the test.
    void watch(Ref<Process> process) { _processes.push_back(std::move(process)); }
    std::vector<Ref<Process>> const& watched() const { return _processes; }
    void forget() { _processes.pop_back(); } // the one that was added last

    // Runs the kernel on the chosen processor. It may not come back because nobody is ready.
    template <typename Entry>
    void enter(Entry entry) {
        execute(entry);
    }

    static void prepare_call(Thread& caller, Call number,
                             std::initializer_list<uint64_t> arguments);

private:
    void execute(std::function<void()> const& entry);
    void start_root();
    void end_all();

    uint32_t _count{1};
    std::unique_ptr<Quota> _quota;
    Ref<Process> _root;
    Ref<Thread> _root_thread;
    std::vector<Ref<Process>> _processes;
    Usage _before;
};

} // namespace kernel
