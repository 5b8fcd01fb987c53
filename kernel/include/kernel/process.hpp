// SPDX-License-Identifier: MIT
// A protection domain: address space, capabilities, threads, and the quota that pays for them.
#pragma once

#include <arch/address_space.hpp>
#include <kernel/binding.hpp>
#include <kernel/capability_table.hpp>
#include <kernel/endpoint.hpp>
#include <kernel/group.hpp>
#include <kernel/leftover.hpp>
#include <kernel/list.hpp>
#include <kernel/mapping.hpp>
#include <kernel/notification.hpp>
#include <kernel/process_accounts.hpp>
#include <kernel/thread.hpp>
#include <lavandin/abi/process.hpp>

namespace kernel {

// It ends in steps, as a leftover (process_end.cpp):
//
//   alive --end()--> threads stop -> capabilities go -> dependants end -> memory goes -> told
//
// From the beginning nothing can be made in it or for it. Ended while threads of it visit other
// members, it is nothing but them and its memory, in which their stacks and message buffers lie;
// all of that goes when the last of them comes back.
struct Dependant_tag : List_link {}; // its maker's list of those that live on its quota

class Process final : public Object, public Leftover, public Dependant_tag {
public:
    static constexpr Object_type object_type = Object_type::process;

    static constexpr uint64_t first_identifier = 1; // nobody can start others without that one

    struct Name {
        char text[17]; // NUL-terminated
    };

    Process(Ref<Quota> quota, Name name, bool uses_fpu);

    // Gives it an address space: one of its own, or a region in that of the group. Errors:
    // quota_exceeded, out_of_memory, table_full (the group has as many members as it may).
    Result<void> prepare(Ref<Group> group = {});

    arch::Address_space& space() { return _space; }
    arch::Address_space const& space() const { return _space; }
    Mappings& mappings() { return _mappings; }
    Capability_table& table() { return _table; }
    bool alive() const { return _state == abi::Process_state::alive; }
    // Its threads do not come back to user mode. Those of a shared group do: they may be visiting.
    bool has_stopped() const { return !alive() && !in_shared_group(); }
    bool in_shared_group() const { return _group && _group->shared(); }
    bool uses_fpu() const { return _uses_fpu; }
    char const* name() const { return _name.text; }
    uint64_t identifier() const { return _identifier; }

    // Alive or with threads that have not come back.
    Group* group() const { return _group.get(); }
    abi::Member_identity identity() const { return _identity; }
    void set_identity(abi::Member_identity identity) { _identity = identity; }
    // One thread of it learns of an end in the group, if there is one that knows only of those
    // before `which` (they are numbered). False when there is none.
    bool settle_one(uint64_t which);

    // Who is told of the end, by the capability in `slot` of `table`. Error: invalid_capability (it
    // does not hold the notification any more).
    Result<void> set_end_notification(Ref<Notification> notification, uint64_t bits,
                                      Capability_table& table, abi::Capability_index slot);

    // Who answers for faults (fault.cpp), by the capability in `slot` of `table`. Error:
    // invalid_capability (it does not hold the endpoint any more).
    Result<void> set_fault_endpoint(Ref<Endpoint> endpoint, uint64_t badge, Capability_table& table,
                                    abi::Capability_index slot);
    void forget_fault_endpoint();
    // The current thread has faulted in this process; it waits for the answer now. False when there
    // is nobody.
    bool report(Thread& thread, Fault const& fault);

    void add(Thread& thread);
    void remove(Thread& thread);
    // The current thread of it is about to end: what would follow from that, it does first.
    void about_to_lose_thread();
    Thread_accounts& accounts() { return _accounts; }
    List<Thread, Process_tag>& threads() { return _threads; }

    // Our quota was carved from the maker's: we end with it at the latest.
    void live_on(Process& maker);

    // Begins the end, which the current thread carries out: stops the threads, drops capabilities
    // and memory, tells whoever asked to be told. When it has begun before, the current thread
    // goes on with it.
    void end(abi::Process_state state, uint64_t status);

    struct Fault_place {
        uint64_t address;
        uint64_t instruction;
        uint64_t code;
    };
    void set_fault(Fault_place const& fault) { _fault = fault; }

    void describe(abi::Process_information& information);

    void binding_revoked() override;
    void last_reference_gone() override;
    void take_apart() override;

private:
    friend struct Outside_access;

    static uint64_t latest_end();
    void go_on_ending();
    void leave_user_mode();
    bool stop_thread();
    bool end_dependant();
    bool release_space();
    void finish();
    void forget_end_notification();
    void leave_maker();

    Lock _lock; // guards threads and state
    uint32_t _thread_count{0};
    Capability_table _table;
    Ref<Group> _group;
    abi::Member_identity _identity;
    arch::Address_space _space;
    Mappings _mappings{*this};
    List<Process, Dependant_tag> _dependants;
    List<Thread, Process_tag> _threads;
    Thread_accounts _accounts{*this};
    Ref<Notification> _end_notification;
    uint64_t _end_bits{0};
    Binding _end_binding{*this};
    Ref<Endpoint> _fault_endpoint;
    uint64_t _fault_badge{0};
    Binding _fault_binding{*this};
    abi::Process_state _state{abi::Process_state::alive};
    uint64_t _status{0};
    uint64_t _end{0}; // its number among all ends
    Fault_place _fault{};
    uint64_t const _identifier;
    Name const _name;
    bool const _uses_fpu;
    bool _told{false};
};

// The current thread has faulted.
void handle_fault(Thread& thread, Fault const& fault);
// The current thread's fault, for which nobody answers, ends the process that it executes in.
void end_by_fault(Thread& thread);

} // namespace kernel
