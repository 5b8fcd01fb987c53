// SPDX-License-Identifier: MIT
#include <kernel/algorithm.hpp>

namespace kernel {

namespace {

uint32_t last_installation;

bool printable(char const* name, unsigned size) {
    unsigned length = 0;
    while (length < size && name[length] > ' ' && name[length] <= '~')
        ++length;
    return length != 0 && length < size && name[length] == 0;
}

} // namespace

uint32_t next_installation() {
    uint32_t const number = __atomic_add_fetch(&last_installation, 1, __ATOMIC_RELAXED);
    return number ? number : __atomic_add_fetch(&last_installation, 1, __ATOMIC_RELAXED);
}

void Algorithm::describe(abi::Policy_information& information) const {
    __builtin_memcpy(information.name, _module->name, sizeof information.name);
    information.kind = static_cast<uint64_t>(_module->kind);
    information.violation = static_cast<uint64_t>(violation());
    information.least_parameter = _module->least_parameter;
    information.greatest_parameter = _module->greatest_parameter;
    information.usual_parameter = _module->usual_parameter;
}

char const* text(Policy_violation violation) {
    switch (violation) {
    case Policy_violation::picked_nobody:
        return "picked nobody although threads are ready";
    case Policy_violation::picked_stranger:
        return "picked what is no ready thread of its class here";
    case Policy_violation::slice_out_of_range:
        return "gave a slice out of range";
    case Policy_violation::answer_not_boolean:
        return "answered a question with neither 0 nor 1";
    case Policy_violation::wrong_count:
        return "has lost count of its threads";
    case Policy_violation::thread_left_out:
        return "promises to be fair and left a thread out";
    case Policy_violation::chose_no_class:
        return "chose a class that has no ready thread";
    case Policy_violation::budget_out_of_range:
        return "gave a budget out of range";
    case Policy_violation::class_left_out:
        return "left a class out";
    case Policy_violation::none:
    case Policy_violation::end:
        break;
    }
    return "did nothing wrong";
}

bool valid(abi::Policy_module const& module) {
    if (module.magic != abi::policy_magic || module.version != abi::policy_version)
        return false;
    if (!printable(module.name, sizeof module.name) ||
        module.state_bytes > abi::largest_policy_state)
        return false;
    if (module.kind == abi::Policy_kind::coordinator)
        return true;
    return module.kind == abi::Policy_kind::scheduler &&
           module.least_parameter <= module.usual_parameter &&
           module.usual_parameter <= module.greatest_parameter &&
           module.longest_wait <= abi::longest_wait;
}

} // namespace kernel
