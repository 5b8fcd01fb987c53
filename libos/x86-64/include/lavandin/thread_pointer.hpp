// SPDX-License-Identifier: MIT
// The calling thread's control block and message buffer.
#pragma once

#include <lavandin/thread_control_block.hpp>

namespace lavandin {

// Not `volatile`: the compiler may keep the answer, since a thread's block never moves.
inline Thread_control_block& current_thread() {
    Thread_control_block* block;
    __asm__("movq %%fs:0, %0" : "=r"(block));
    return *block;
}

inline abi::Message_buffer& message_buffer() { return *current_thread().message_buffer; }

} // namespace lavandin
