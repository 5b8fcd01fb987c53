// SPDX-License-Identifier: MIT
// System calls on scheduling modules and classes.
#include <kernel/policy_places.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>
#include <kernel/system.hpp>
#include <kernel/system_calls.hpp>

namespace kernel::system_call {

using namespace abi;

namespace {

Policy_information& answer_of(Thread& caller) {
    return reinterpret_cast<Policy_information&>(caller.buffer().words);
}

Result<void> check_system(Thread& caller, Capability_index slot, Permissions needed) {
    return caller.process().table().find<System>(slot, needed).error();
}

Result<Ref<Thread>> find_thread(Thread& caller, Capability_index slot) {
    if (slot == 0)
        return Ref<Thread>{caller};
    return caller.process().table().find<Thread>(slot, thread_permission::schedule);
}

bool possible_parameter(uint64_t number, uint64_t parameter) {
    if (number == fixed_priority_class)
        return parameter <= highest_priority;
    Policy_module const& module = policies::module(number);
    return parameter >= module.least_parameter && parameter <= module.greatest_parameter;
}

// What a thread may give to others and to itself without System: its own class, and there no more
// than it has.
bool within_own(Thread const& caller, uint64_t number, uint64_t parameter) {
    if (number != caller.own_class())
        return false;
    if (number == fixed_priority_class)
        return parameter <= caller.base_priority();
    bool const bounded = (policies::module(number).flags & policy_more_is_more) != 0;
    return parameter == caller.parameter() || (bounded && parameter <= caller.parameter());
}

Result<void> set_class(Thread& caller, Thread_set_class_in const& in) {
    auto const thread = TRY(find_thread(caller, in.thread));
    if (in.system)
        TRY_VOID(check_system(caller, in.system, system_permission::schedule));
    if (in.scheduling_class >= scheduling_classes ||
        !possible_parameter(in.scheduling_class, in.parameter))
        return Error::invalid_argument;
    if (!in.system && !within_own(caller, in.scheduling_class, in.parameter))
        return Error::permission_denied;
    if (thread->ended())
        return Error::peer_died;
    inheritance::set_class(*thread, static_cast<unsigned>(in.scheduling_class), in.parameter);
    return {};
}

} // namespace

Result<Capability_index> policy_load(Thread& caller, Policy_load_in const& in) {
    TRY_VOID(check_system(caller, in.system, system_permission::policies));
    auto& table = caller.process().table();
    auto const memory = TRY(table.find<Memory>(in.memory, memory_permission::read));
    uint64_t const whole = memory->count() * page_size;
    if (!page_aligned(in.offset) || in.offset > whole || in.size > whole - in.offset)
        return Error::invalid_argument;
    auto const policy = TRY(make<Policy>(Ref<Quota>{caller.process().quota()}));
    TRY_VOID(policy->load(*memory, in.offset / page_size, in.size));
    return table.add({Ref<Object>{*policy}, policy_permission::all, 0});
}

Result<void> policy_install(Thread& caller, Policy_install_in const& in) {
    TRY_VOID(check_system(caller, in.system, system_permission::policies));
    Ref<Policy> policy;
    if (in.policy)
        policy = TRY(caller.process().table().find<Policy>(in.policy, policy_permission::install));
    return policies::install(in.place, policy, in.share);
}

Result<void> policy_information(Thread& caller, Policy_information_in const& in) {
    auto const policy =
        TRY(caller.process().table().find<Policy>(in.policy, policy_permission::read));
    policies::describe(*policy, answer_of(caller));
    return {};
}

Result<void> policy_place_information(Thread& caller, Policy_place_information_in const& in) {
    TRY_VOID(check_system(caller, in.system, system_permission::information));
    return policies::describe(in.place, answer_of(caller));
}

void thread_set_class(Thread& caller, Thread_set_class_in const& in) {
    caller.registers().answer(Error::none); // it may be the caller that gives way
    if (auto const done = set_class(caller, in); !done.ok())
        caller.registers().answer(done.error());
}

Result<Thread_class_out> thread_class(Thread& caller, Thread_class_in const& in) {
    auto const thread = TRY(find_thread(caller, in.thread));
    return Thread_class_out{thread->own_class(), thread->parameter()};
}

} // namespace kernel::system_call
