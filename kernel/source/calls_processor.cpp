// SPDX-License-Identifier: MIT
// System calls on processors.
#include <arch/clock.hpp>
#include <kernel/process.hpp>
#include <kernel/processor_control.hpp>
#include <kernel/scheduler.hpp>
#include <kernel/system.hpp>
#include <kernel/system_calls.hpp>

namespace kernel::system_call {

using namespace abi;

namespace {

Result<bool> act(Processor_control& control, Processor_action action, Thread*& obstacle) {
    switch (action) {
    case Processor_action::offer:
        TRY_VOID(control.offer());
        return false;
    case Processor_action::withdraw:
        TRY_VOID(control.withdraw());
        return false;
    case Processor_action::start:
        return control.start();
    case Processor_action::park:
        return control.park(obstacle);
    case Processor_action::unpark:
        return control.unpark();
    case Processor_action::stop:
        return control.stop(obstacle);
    }
    return Error::invalid_argument;
}

void name(Thread& caller, Thread const& obstacle) {
    caller.registers().set_word(0, obstacle.home().identifier());
    caller.registers().set_word(1, obstacle.identifier());
}

} // namespace

Result<Capability_index> processor_open(Thread& caller, Processor_open_in const& in) {
    auto& table = caller.process().table();
    auto system = table.find<System>(in.system, system_permission::processors);
    Permissions const permissions =
        system.ok() ? processor_permission::all : processor_permission::read;
    if (system.error() == Error::permission_denied)
        system = table.find<System>(in.system, system_permission::information);
    if (!system.ok())
        return system.error();
    if (in.number >= arch::most_processors)
        return Error::invalid_argument;
    return table.add_derived(
        {Ref<Object>{kernel::processor_control(static_cast<uint32_t>(in.number))}, permissions, 0},
        in.system, *system.value());
}

void processor_control(Thread& caller, Processor_control_in const& in) {
    auto const control = caller.process().table().find<Processor_control>(
        in.processor, processor_permission::control);
    if (!control.ok())
        return caller.registers().answer(control.error());
    Thread* obstacle = nullptr;
    auto const begun = act(*control.value(), static_cast<Processor_action>(in.action), obstacle);
    caller.registers().answer(begun.error());
    if (obstacle)
        name(caller, *obstacle);
    if (!begun.ok() || !begun.value())
        return;
    control.value()->wait(caller);
    caller.waits_through(in.processor, *control.value());
    if (caller.wait == Wait::processor)
        this_processor().arm(caller, in.deadline);
}

Result<Capability_index> processor_accounts(Thread& caller, Processor_accounts_in const& in) {
    auto& table = caller.process().table();
    auto const control =
        TRY(table.find<Processor_control>(in.processor, processor_permission::read));
    auto const page = TRY(control->accounts());
    return table.add_derived({Ref<Object>{*page}, memory_permission::read, 0}, in.processor,
                             *control);
}

Result<void> processor_information(Thread& caller, Processor_information_in const& in) {
    auto const control = TRY(
        caller.process().table().find<Processor_control>(in.processor, processor_permission::read));
    control->describe(reinterpret_cast<Processor_information&>(caller.buffer().words));
    return {};
}

} // namespace kernel::system_call
