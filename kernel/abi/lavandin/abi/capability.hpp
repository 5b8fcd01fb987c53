// SPDX-License-Identifier: MIT
// Object types and the permissions that a capability to each may carry.
#pragma once

#include <stdint.h>

namespace lavandin::abi {

using Capability_index = uint32_t; // slot in the caller's table; 0 is never a capability

enum class Object_type : uint8_t {
    none = 0,
    process = 1,
    thread = 2,
    endpoint = 3,
    notification = 4,
    memory = 5,
    reply = 6,
    interrupt = 7,
    system = 8,
    group = 9,
    grant = 10,
    processor = 11,
    policy = 12,
};
inline constexpr unsigned object_types = 13;

// Permissions are per type; bits not named for a type cannot be held.
using Permissions = uint16_t;

// Keeps a copy from being delegated further is not offered: who holds may delegate what it holds.
inline constexpr Permissions all_permissions = 0xffff;

namespace process_permission {
inline constexpr Permissions control = 1 << 0; // create threads, map memory, install capabilities
inline constexpr Permissions destroy = 1 << 1; // end it
inline constexpr Permissions read = 1 << 2;    // information
inline constexpr Permissions all = 0x7;
} // namespace process_permission

namespace thread_permission {
inline constexpr Permissions destroy = 1 << 0;  // end it
inline constexpr Permissions schedule = 1 << 1; // priority, class, processors
inline constexpr Permissions all = 0x3;
} // namespace thread_permission

namespace endpoint_permission {
inline constexpr Permissions call = 1 << 0;
inline constexpr Permissions receive = 1 << 1; // receive, bind a notification
inline constexpr Permissions all = 0x3;
} // namespace endpoint_permission

namespace notification_permission {
// Signal: sets the bits of the capability's badge. Also to name it as who is told: of an interrupt,
// a process's end, the kernel's log.
inline constexpr Permissions signal = 1 << 0;
inline constexpr Permissions wait = 1 << 1; // wait, bind to an endpoint
inline constexpr Permissions all = 0x3;
} // namespace notification_permission

namespace memory_permission {
inline constexpr Permissions read = 1 << 0;
inline constexpr Permissions write = 1 << 1;
inline constexpr Permissions execute = 1 << 2;
inline constexpr Permissions all = 0x7;
} // namespace memory_permission

namespace reply_permission {
inline constexpr Permissions use = 1 << 0;
inline constexpr Permissions all = 0x1;
} // namespace reply_permission

namespace interrupt_permission {
inline constexpr Permissions control = 1 << 0; // bind, acknowledge, raise
inline constexpr Permissions all = 0x1;
} // namespace interrupt_permission

namespace system_permission {
inline constexpr Permissions shutdown = 1 << 0;
inline constexpr Permissions log = 1 << 1;         // read the kernel's log
inline constexpr Permissions console = 1 << 2;     // the platform's console of last resort
inline constexpr Permissions information = 1 << 3; // counters of all, read processors
inline constexpr Permissions grants = 1 << 4;      // share memory and channels with other machines
inline constexpr Permissions processors = 1 << 5;  // open Processors
inline constexpr Permissions policies = 1 << 6;    // load modules, which are kernel code
inline constexpr Permissions schedule = 1 << 7;    // give threads any class and parameter
inline constexpr Permissions all = 0xff;
} // namespace system_permission

namespace group_permission {
inline constexpr Permissions add = 1 << 0; // make processes that are members
inline constexpr Permissions all = 0x1;
} // namespace group_permission

namespace grant_permission {
inline constexpr Permissions control = 1 << 0; // end it
inline constexpr Permissions all = 0x1;
} // namespace grant_permission

namespace processor_permission {
inline constexpr Permissions control = 1 << 0; // start, park, stop and so on
inline constexpr Permissions read = 1 << 1;    // state and accounting
inline constexpr Permissions all = 0x3;
} // namespace processor_permission

namespace policy_permission {
inline constexpr Permissions install = 1 << 0; // have it serve a class, or coordinate
inline constexpr Permissions read = 1 << 1;    // information
inline constexpr Permissions all = 0x3;
} // namespace policy_permission

} // namespace lavandin::abi
