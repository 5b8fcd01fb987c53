// SPDX-License-Identifier: MIT
// What the gates in assembly (x86-64/group_gate.S) share with C++.
#pragma once

#include <lavandin/group.hpp>
#include <lavandin/thread_control_block.hpp>

namespace lavandin {

// Lies at the upper end of a stack for visitors; thread-locals and newlib's state come behind it.
struct alignas(64) Call_stack {
    Thread_part part;
};

// Stack i has its Call_stack at first + i * stride.
struct Group_gate {
    uint64_t free{0}; // a bit per stack
    uint64_t first{0};
    uint64_t stride{0};
    std::span<Group_entry const> entries;
    bool has_thread_locals{false};
};

extern "C" {
[[gnu::visibility("hidden")]] extern Group_gate lavandin_gate;
[[gnu::visibility("hidden")]] Error lavandin_group_call(Group_words* words, uint64_t member,
                                                        uint64_t function);
[[gnu::visibility("hidden")]] void lavandin_group_gate();
// Runs a function for the visitor that has come to this stack.
[[gnu::visibility("hidden")]] Error lavandin_serve_visit(Group_words* words, uint64_t function,
                                                         Call_stack* stack);
}

} // namespace lavandin
