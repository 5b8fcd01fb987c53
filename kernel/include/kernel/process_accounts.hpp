// SPDX-License-Identifier: MIT
// The accounts of a process's threads. They are in a page while anybody has that, which the process
// pays for as for everything about it; at other times each thread has its own.
//
//   thread.account --> its own_account           nobody has the page, or it has no place left
//                  --> threads[n] of the page    somebody has it
#pragma once

#include <kernel/accounting.hpp>
#include <kernel/memory.hpp>

namespace kernel {

class Process;
class Thread;

// All of it for who is exclusive.
class Thread_accounts final : public Memory_writer {
public:
    explicit Thread_accounts(Process& process) : _process{process} {}
    ~Thread_accounts();

    // Errors: quota_exceeded, out_of_memory.
    Result<Ref<Memory>> page();

    // The thread is one of the process's; it is none any more, and its account is final.
    void add(Thread& thread);
    void remove(Thread& thread);

    // Of threads that have ended.
    abi::Process_counts const& counts() const { return *_counts; }

    void memory_goes() override;

private:
    bool give_place(Thread& thread);
    void take_place(Thread& thread);

    Process& _process;
    Memory* _memory{nullptr}; // tells us before it goes
    abi::Process_accounts* _page{nullptr};
    abi::Process_counts _own{};
    abi::Process_counts* _counts{&_own};
};

} // namespace kernel
