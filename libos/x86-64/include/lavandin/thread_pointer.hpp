// SPDX-License-Identifier: MIT
// The calling thread's control block, its part in this process, and its message buffer.
#pragma once

#include <lavandin/thread_control_block.hpp>
#include <lavandin/thread_locals.hpp>

namespace lavandin {

// Not `volatile`: the compiler may keep the answer, since a thread's block never moves.
inline Thread_control_block& current_thread() {
    Thread_control_block* block;
    __asm__("movq %%fs:0, %0" : "=r"(block));
    return *block;
}

inline Thread_part& current_part() { return *current_thread().parts[own_module]; }

inline abi::Message_buffer& message_buffer() { return *current_thread().message_buffer; }

} // namespace lavandin
