// SPDX-License-Identifier: MIT
// Stands in front of libos's file of this name: control block and message buffer of a host thread.
#pragma once

#include <lavandin/thread_control_block.hpp>

namespace lavandin {

Thread_control_block& current_thread();

inline Thread_part& current_part() { return current_thread().own; }

inline abi::Message_buffer& message_buffer() { return *current_thread().message_buffer; }

} // namespace lavandin
