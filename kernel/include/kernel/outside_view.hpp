// SPDX-License-Identifier: MIT
// Where things are, for who reads the memory of a running kernel from outside: an ELF note of the
// image, which is in memory, too, and is found from the per-processor pointer. docs/layout.md says
// how to use it.
//
// Pointers to members are offsets in bytes from the begin of the object (Itanium C++ ABI, 2.3.1):
// so the compiler writes them, and checks what they point to, bases and private parts included.
#pragma once

#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

struct Outside_view {
    static constexpr uint64_t expected_magic = 0x7765'6956'7661'4c; // "LavView"
    static constexpr uint64_t current_version = 1;
    using Ready_list = List<Schedulable, Queue_tag>;
    using All_threads = List<Thread, Known_tag>;

    uint64_t magic;
    uint64_t version; // another one whenever what is here changes its meaning
    uint64_t bytes;   // of this; what is added comes at the end

    // Objects there is one of.
    Processors const* all_processors;
    All_threads const* all_threads;

    // What a processor points to while it is in the kernel.
    uint64_t local_view;      // to this
    uint64_t local_processor; // to a Processor
    uint64_t local_number;    // 32 bits

    Processor* (Processors::*processors_all)[arch::most_processors]; // pointers; 0 for none
    uint32_t Processors::*processors_count;

    uint64_t processor_bytes;
    uint32_t const Processor::*processor_number;
    Lock Processor::*processor_lock; // guards the queues
    Class_set Processor::*processor_classes;
    Thread* Processor::*processor_current; // 0 when idle
    abi::Processor_accounts* Processor::*processor_accounts;

    uint32_t Lock::*lock_held;  // not 0: somebody holds it
    uint32_t Lock::*lock_turns; // changes with each holder

    uint64_t classes; // of scheduling; each has a queue
    Class_queue (Class_set::*classes_queues)[abi::scheduling_classes];
    uint64_t queue_bytes;
    Ready_list Class_queue::*queue_ready; // all of them, the one that waits longest first
    uint32_t Class_queue::*queue_count;
    List_link Ready_list::*list_head; // a ring of links through the head
    List_link* List_link::*link_next;

    uint64_t thread_bytes;
    List_link* Thread::*thread_queue_link; // where links of ready lists point to
    List_link* Thread::*thread_known_link; // where links of all_threads point to
    uint64_t const Thread::*thread_identifier;
    Relaxed<Wait> Thread::*thread_wait; // 8 bits
    Processor* Thread::*thread_processor;
    uint8_t Thread::*thread_priority;
    abi::Thread_account* Thread::*thread_account;
    arch::Registers Thread::*thread_registers;
    Ref<Process> Thread::*thread_process; // a pointer

    uint64_t const Process::*process_identifier;
    Process::Name const Process::*process_name; // NUL-terminated
};

static_assert(sizeof(Outside_view) % sizeof(uint64_t) == 0);
static_assert(sizeof(uint32_t Processors::*) == sizeof(uint64_t));

// May look at private parts.
struct Outside_access {
    template <typename Tag>
    static constexpr List_link* Thread::*link() {
        return static_cast<List_link * Tag::*>(&List_link::next);
    }
    static constexpr Outside_view view(uint64_t local_view, uint64_t local_processor,
                                       uint64_t local_number) {
        return {
            .magic = Outside_view::expected_magic,
            .version = Outside_view::current_version,
            .bytes = sizeof(Outside_view),
            .all_processors = &known_processors,
            .all_threads = &known_threads,
            .local_view = local_view,
            .local_processor = local_processor,
            .local_number = local_number,
            .processors_all = &Processors::_all,
            .processors_count = &Processors::_count,
            .processor_bytes = sizeof(Processor),
            .processor_number = &Processor::_number,
            .processor_lock = &Processor::_lock,
            .processor_classes = &Processor::_classes,
            .processor_current = &Processor::_current,
            .processor_accounts = &Processor::_accounts,
            .lock_held = &Lock::_held,
            .lock_turns = &Lock::_turns,
            .classes = abi::scheduling_classes,
            .classes_queues = &Class_set::_queues,
            .queue_bytes = sizeof(Class_queue),
            .queue_ready = &Class_queue::_ready,
            .queue_count = &Class_queue::_count,
            .list_head = &Outside_view::Ready_list::_head,
            .link_next = &List_link::next,
            .thread_bytes = sizeof(Thread),
            .thread_queue_link = link<Queue_tag>(),
            .thread_known_link = link<Known_tag>(),
            .thread_identifier = &Thread::_identifier,
            .thread_wait = &Thread::wait,
            .thread_processor = &Thread::processor,
            .thread_priority = &Schedulable::_priority,
            .thread_account = &Thread::account,
            .thread_registers = &Thread::_registers,
            .thread_process = &Thread::_home,
            .process_identifier = &Process::_identifier,
            .process_name = &Process::_name,
        };
    }
};

} // namespace kernel
