// SPDX-License-Identifier: MIT
// System calls on processes and threads. Each decodes and checks, then executes.
#include <arch/clock.hpp>
#include <arch/processor.hpp>
#include <kernel/listener.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>
#include <kernel/system_calls.hpp>
#include <kernel/table_supply.hpp>

namespace kernel::system_call {

using namespace abi;

namespace {

// Below this no process can be made; what it really needs shows as quota_exceeded.
constexpr uint64_t smallest_quota = 16 * 1024;

Process::Name unpack_name(uint64_t low, uint64_t high) {
    Process::Name name{};
    uint64_t const halves[]{low, high};
    for (unsigned i = 0; i < 16; ++i) {
        char const c = static_cast<char>(halves[i / 8] >> i % 8 * 8);
        name.text[i] = c && (c < ' ' || c > '~') ? '?' : c;
        if (!c)
            break;
    }
    return name;
}

bool user_address(uint64_t address) { return address >= user_begin && address < user_end; }

// Of a thread: where it enters, its stack's upper end, its message buffer.
bool valid_place(uint64_t entry, uint64_t stack, uint64_t buffer) {
    return user_address(entry) && stack >= user_begin && stack <= user_end &&
           user_address(buffer) && page_aligned(buffer);
}

bool in_region(arch::Address_space const& space, uint64_t entry, uint64_t stack, uint64_t buffer) {
    return space.holds(entry, 1) && stack >= space.begin() && stack <= space.end() &&
           space.holds(buffer, page_size);
}

// A quota of `bytes` out of the caller's.
Result<Ref<Quota>> carve(Quota& parent, uint64_t bytes) {
    auto& slab = slab_of<Quota>();
    uint64_t const whole = bytes + slab.object_bytes();
    if (whole < bytes || parent.depth() == Quota::deepest)
        return Error::quota_exceeded;
    TRY_VOID(parent.charge(whole));
    auto const memory = slab.allocate();
    if (!memory.ok()) {
        parent.refund(whole);
        return memory.error();
    }
    return Ref<Quota>{*new (memory.value()) Quota{bytes, Ref<Quota>{parent}}};
}

Result<Ref<Group>> find_group(Process& caller, Capability_index index) {
    if (!index)
        return Ref<Group>{};
    return caller.table().find<Group>(index, group_permission::add);
}

// Threads of a group have FPU state, all of them: each may execute any member's code.
bool valid_flags(uint64_t flags, bool in_group) {
    return (flags & ~process_without_fpu) == 0 && !(flags && in_group);
}

// Ends another thread, which may serve any number of callers. On another processor it would go on
// receiving as fast as they are let go.
class Leave_operation final : public Operation {
public:
    explicit Leave_operation(Ref<Thread> thread) : _thread{static_cast<Ref<Thread>&&>(thread)} {}

    bool step(Thread&) override {
        _thread->stopping = true;
        if (inheritance::forget_one(*_thread))
            return true;
        _thread->leave();
        return false;
    }
    void end() override {
        _thread->stopping = false;
        this->~Leave_operation();
    }

private:
    Ref<Thread> const _thread;
};

Result<Ref<Thread>> find_thread(Thread& caller, Capability_index index, Permissions needed) {
    if (!index)
        return Ref<Thread>{caller};
    return caller.process().table().find<Thread>(index, needed);
}

void answer(Thread& caller, Result<Capability_index> const& made) {
    caller.registers().answer(made.error());
    if (made.ok())
        caller.registers().set_word(0, made.value());
}

constexpr unsigned top_table = arch::level_bit(arch::top_level);
constexpr unsigned lower_tables = arch::level_bit(1) | arch::level_bit(2) | arch::level_bit(3);

Result<Capability_index> create_process(Thread& caller, Process_create_in const& in) {
    Process& self = caller.process();
    if (!valid_flags(in.flags, in.group != 0) || in.quota < smallest_quota)
        return Error::invalid_argument;
    Listener listener = TRY(find_listener(self, in.notification));
    Ref<Group> const group = TRY(find_group(self, in.group));
    Ref<Quota> const quota = TRY(carve(self.quota(), in.quota));
    Ref<Process> const process = TRY(make<Process>(quota, unpack_name(in.name_low, in.name_high),
                                                   !(in.flags & process_without_fpu)));
    TRY_VOID(process->prepare(group));
    auto const slot = TRY(self.table().add({Ref<Object>{*process}, process_permission::all, 0}));
    process->live_on(self);
    if (!listener.notification)
        return slot;
    auto const told = process->set_end_notification(listener.notification, listener.bits,
                                                    self.table(), in.notification);
    if (!told.ok()) {
        (void)self.table().remove(slot);
        return told.error();
    }
    return slot;
}

Result<Capability_index> create_group(Thread& caller) {
    Process& self = caller.process();
    Ref<Group> const group = TRY(make<Group>(Ref<Quota>{self.quota()}));
    TRY_VOID(group->prepare());
    return self.table().add({Ref<Object>{*group}, group_permission::all, 0});
}

Result<Capability_index> create_thread(Thread& caller, Thread_create_in const& in) {
    Process& self = caller.process();
    auto const process = TRY(self.table().find<Process>(in.process, process_permission::control));
    if (!valid_place(in.entry, in.stack, in.buffer) || in.priority > caller.base_priority())
        return Error::invalid_argument;
    if (!process->alive())
        return Error::peer_died;
    if (!in_region(process->space(), in.entry, in.stack, in.buffer))
        return Error::invalid_argument;
    auto const thread = TRY(
        make<Thread>(Ref<Quota>{process->quota()}, *process, static_cast<unsigned>(in.priority)));
    // The slot first: a mapping that is taken back leaves its page tables.
    bool const more_room = TRY(self.table().make_room());
    if (auto const prepared = thread->prepare(in.buffer); !prepared.ok()) {
        if (more_room)
            self.table().take_back_room();
        return prepared.error();
    }
    auto const slot = self.table().add({Ref<Object>{*thread}, thread_permission::all, 0});
    if (!slot.ok()) {
        process->space().unmap_kernel_page(User_address{in.buffer});
        return slot.error();
    }
    thread->start(in.entry, in.stack, in.argument);
    thread->inherit_class(caller);
    inherit_affinity(*thread, caller);
    process->add(*thread);
    make_ready(*thread);
    return slot.value();
}

} // namespace

Result<void> null(Thread&) { return {}; }

// A member of a group has no top table of its own.
void process_create(Thread& caller, Process_create_in const& in) {
    if (in.group || !supply_tables(caller, top_table))
        answer(caller, create_process(caller, in));
}

void group_create(Thread& caller) {
    if (!supply_tables(caller, top_table | lower_tables))
        answer(caller, create_group(caller));
}

void process_destroy(Thread& caller, Process_destroy_in const& in) {
    auto const process =
        caller.process().table().find<Process>(in.process, process_permission::destroy);
    caller.registers().answer(process.error());
    if (!process.ok())
        return;
    bool const self = process.value().get() == &caller.process();
    process.value()->end(self ? Process_state::exited : Process_state::killed, in.status);
}

Result<void> process_information(Thread& caller, Process_information_in const& in) {
    auto const process =
        TRY(caller.process().table().find<Process>(in.process, process_permission::read));
    process->describe(reinterpret_cast<Process_information&>(caller.buffer().words));
    return {};
}

Result<Capability_index> process_accounts(Thread& caller, Process_accounts_in const& in) {
    auto& table = caller.process().table();
    auto const process = TRY(table.find<Process>(in.process, process_permission::read));
    if (!process->alive())
        return Error::peer_died;
    auto const page = TRY(process->accounts().page());
    return table.add_derived({Ref<Object>{*page}, memory_permission::read, 0}, in.process,
                             *process);
}

Result<void> process_set_fault_endpoint(Thread& caller, Process_set_fault_endpoint_in const& in) {
    auto& table = caller.process().table();
    auto const process = TRY(table.find<Process>(in.process, process_permission::control));
    uint64_t badge = 0;
    Ref<Endpoint> endpoint;
    if (in.endpoint)
        endpoint = TRY(table.find<Endpoint>(in.endpoint, endpoint_permission::call, &badge));
    if (!process->alive())
        return Error::peer_died;
    if (endpoint)
        return process->set_fault_endpoint(endpoint, badge, table, in.endpoint);
    process->forget_fault_endpoint();
    return {};
}

void thread_create(Thread& caller, Thread_create_in const& in) {
    if (!supply_tables(caller, lower_tables))
        answer(caller, create_thread(caller, in));
}

void thread_destroy(Thread& caller, Thread_destroy_in const& in) {
    auto const thread = find_thread(caller, in.thread, thread_permission::destroy);
    caller.registers().answer(thread.error());
    if (!thread.ok())
        return;
    if (thread.value().get() == &caller)
        caller.end();
    else
        caller.work.carry_out<Leave_operation>(thread.value());
}

void thread_set_priority(Thread& caller, Thread_set_priority_in const& in) {
    auto const thread = find_thread(caller, in.thread, thread_permission::schedule);
    if (!thread.ok())
        return caller.registers().answer(thread.error());
    if (in.priority > caller.base_priority())
        return caller.registers().answer(Error::invalid_argument);
    if (thread.value()->ended())
        return caller.registers().answer(Error::peer_died);
    caller.registers().answer(Error::none);
    inheritance::set_base(*thread.value(), static_cast<unsigned>(in.priority));
}

Result<void> thread_information(Thread& caller, Thread_information_in const& in) {
    auto const thread = TRY(find_thread(caller, in.thread, 0));
    account_all();
    thread->describe(reinterpret_cast<Thread_information&>(caller.buffer().words));
    return {};
}

void thread_set_affinity(Thread& caller, Thread_set_affinity_in const& in) {
    auto const thread = find_thread(caller, in.thread, thread_permission::schedule);
    if (!thread.ok())
        return caller.registers().answer(thread.error());
    if (thread.value()->ended())
        return caller.registers().answer(Error::peer_died);
    caller.registers().answer(set_affinity(*thread.value(), in.processors).error());
}

Result<void> thread_set_pointer(Thread& caller, Thread_set_pointer_in const& in) {
    if (in.base >= user_end)
        return Error::invalid_argument;
    caller.set_thread_pointer(in.base);
    arch::load_thread_pointer(in.base);
    return {};
}

void thread_yield(Thread& caller) {
    caller.registers().answer(Error::none);
    this_processor().yield();
}

void thread_sleep(Thread& caller, Thread_sleep_in const& in) {
    caller.registers().answer(Error::none);
    if (in.deadline <= arch::now())
        return;
    this_processor().block(Wait::sleep, nullptr);
    this_processor().arm(caller, in.deadline);
}

} // namespace kernel::system_call
