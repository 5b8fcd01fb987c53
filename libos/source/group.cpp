// SPDX-License-Identifier: MIT
#include "../x86-64/group_offsets.h"
#include "group_gate.hpp"

#include <lavandin/environment.hpp>
#include <lavandin/mapping.hpp>
#include <lavandin/thread_locals.hpp>
#include <lavandin/thread_pointer.hpp>
#include <lavandin/waker.hpp>

#include <new>
#include <newlib/platform.hpp>

namespace lavandin {

using abi::Directory_entry;
using abi::Group_calls;
using abi::Group_directory;
using abi::Group_level;

static_assert(THREAD_BUFFER == offsetof(Thread_control_block, message_buffer));
static_assert(BUFFER_DEPTH == offsetof(abi::Message_buffer, group_calls));
static_assert(BUFFER_LEVELS == BUFFER_DEPTH + offsetof(Group_calls, levels));
static_assert(DEEPEST == Group_calls::deepest);
static_assert(LEVEL_MEMBER == offsetof(Group_level, member));
static_assert(LEVEL_INSTRUCTION == offsetof(Group_level, instruction));
static_assert(LEVEL_STACK == offsetof(Group_level, stack));
static_assert(LEVEL_BYTES == sizeof(Group_level));
static_assert(DIRECTORY == Group_directory::address);
static_assert(MEMBER_NUMBER == abi::largest_group);
static_assert(1 << ENTRY_SHIFT == sizeof(Directory_entry));
static_assert(ENTRY_GATE == offsetof(Directory_entry, entry));
static_assert(GATE_FREE == offsetof(Group_gate, free));
static_assert(GATE_FIRST == offsetof(Group_gate, first));
static_assert(GATE_STRIDE == offsetof(Group_gate, stride));
static_assert(ERROR_PEER_DIED == static_cast<unsigned>(Error::peer_died));
static_assert(ERROR_BUSY == static_cast<unsigned>(Error::busy));
static_assert(ERROR_TOO_LARGE == static_cast<unsigned>(Error::too_large));

constinit Group_gate lavandin_gate;

namespace {

constexpr uint64_t round_up(uint64_t value, uint64_t unit) {
    return (value + unit - 1) / unit * unit;
}

Group_directory& directory() {
    return *reinterpret_cast<Group_directory*>(Group_directory::address);
}

bool in_group() { return environment().member().number() != 0; }

// Sizes of what lies above a stack, from its Call_stack on.
struct Stack_plan {
    uint64_t locals_offset;
    uint64_t state_offset;
    uint64_t bytes;
};

Stack_plan plan_stack() {
    auto const image = thread_local_image();
    Stack_plan plan{};
    plan.locals_offset = round_up(sizeof(Call_stack), image.alignment > 64 ? image.alignment : 64);
    plan.state_offset = round_up(plan.locals_offset + image.memory_bytes, 16);
    plan.bytes = round_up(plan.state_offset + newlib_thread_state_bytes(), abi::page_size);
    return plan;
}

// `place` is the page behind the stack.
Result<void> make_stack(uint64_t place, Stack_plan const& plan, uint64_t stack_bytes) {
    auto allocated = TRY(allocate_memory(stack_bytes + plan.bytes));
    TRY_VOID(Process::self().map(allocated.memory(), place - stack_bytes, 0,
                                 stack_bytes + plan.bytes,
                                 memory_permission::read | memory_permission::write));
    static_cast<void>(allocated.keep_mapped());
    auto* const stack = new (reinterpret_cast<void*>(place)) Call_stack{};
    stack->part.thread_locals = reinterpret_cast<void*>(place + plan.locals_offset);
    stack->part.reent = reinterpret_cast<_reent*>(place + plan.state_offset);
    newlib_thread_state_begin(stack->part.reent);
    return waker::prepare(stack->part);
}

} // namespace

Result<Group_peer> Group_peer::find(std::string_view name) {
    if (!in_group())
        return Error::not_supported;
    for (Directory_entry const& shown : directory().members) {
        uint64_t const identity = __atomic_load_n(&shown.identity, __ATOMIC_ACQUIRE);
        if (identity != 0 && __atomic_load_n(&shown.entry, __ATOMIC_ACQUIRE) != 0 &&
            name == std::string_view{shown.name, strnlen(shown.name, sizeof shown.name)})
            return Group_peer{Member_identity{identity}};
    }
    return Error::peer_died;
}

Error Group_peer::call(uint64_t function, Group_words& words) const {
    return lavandin_group_call(&words, _identity.raw(), function);
}

// Nothing here uses thread-locals before the visitor has its part.
Error lavandin_serve_visit(Group_words* words, uint64_t function, Call_stack* stack) {
    Thread_part*& place = current_thread().parts[own_module];
    Thread_part* const before = place;
    if (lavandin_gate.has_thread_locals)
        install_thread_locals(stack->part, static_cast<std::byte*>(stack->part.thread_locals));
    place = &stack->part;
    Error const error = function < lavandin_gate.entries.size()
                            ? lavandin_gate.entries[function](*words)
                            : Error::not_supported;
    current_thread().parts[own_module] = before;
    return error;
}

// What was mapped before an error stays: the process was to serve and cannot.
Result<void> serve_group(std::span<Group_entry const> entries, Group_options options) {
    if (!in_group())
        return Error::not_supported;
    if (lavandin_gate.stride != 0)
        return Error::busy;
    if (options.stacks == 0 || options.stacks > Group_options::most_stacks ||
        options.stack_bytes == 0 || options.stack_bytes % abi::page_size != 0)
        return Error::invalid_argument;
    auto const plan = plan_stack();
    uint64_t const stride = abi::page_size + options.stack_bytes + plan.bytes; // a guard below each
    uint64_t const begin = TRY(take_addresses(options.stacks * stride));
    TRY_VOID(waker::prepare(current_part())); // from now on it may have to wait for a lock
    lavandin_gate.first = begin + abi::page_size + options.stack_bytes;
    for (size_t i = 0; i < options.stacks; ++i)
        TRY_VOID(make_stack(lavandin_gate.first + i * stride, plan, options.stack_bytes));
    lavandin_gate.stride = stride;
    lavandin_gate.entries = entries;
    lavandin_gate.has_thread_locals = thread_local_image().memory_bytes != 0;
    lavandin_gate.free = ~uint64_t{0} >> (Group_options::most_stacks - options.stacks);
    auto& entry = directory().members[environment().member().number()].entry;
    __atomic_store_n(&entry, reinterpret_cast<uint64_t>(&lavandin_group_gate), __ATOMIC_RELEASE);
    return {};
}

} // namespace lavandin
