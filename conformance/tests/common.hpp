// SPDX-License-Identifier: MIT
// What many tests need.
#pragma once

#include "framework/child.hpp"
#include "framework/layout.hpp"
#include "framework/peer.hpp"
#include "framework/test.hpp"

#include <lavandin/thread_pointer.hpp>

namespace conformance {

inline constexpr Capability_index empty_slot = 1000;
inline constexpr Capability_index beyond_table = 0x4000'0000;

inline constexpr Permissions read_only = memory_permission::read;
inline constexpr Permissions read_write = memory_permission::read | memory_permission::write;
inline constexpr Permissions read_execute = memory_permission::read | memory_permission::execute;

// For what happens in a strict order, or to threads that must not run yet: from now on the caller,
// and all threads and children that it makes, share one processor.
inline Result<void> keep_to_one_processor() {
    return thread_set_affinity(0, first_processor(inherited().processors));
}

// A deadline for what comes at once unless something is broken.
inline uint64_t soon() { return after(10 * second); }

// A copy of a capability in the caller's own table.
inline Result<Capability_index> copy(Capability_index source, Permissions permissions,
                                     uint64_t badge = 0) {
    return capability_copy(self_process, source, permissions, badge);
}

inline Result<uint64_t> quota_used() {
    TRY_VOID(process_information(self_process));
    return reinterpret_cast<Process_information const&>(message_buffer().words).quota_used;
}

inline Result<Process_information> information_of(Capability_index process) {
    TRY_VOID(process_information(process));
    return reinterpret_cast<Process_information const&>(message_buffer().words);
}

inline Result<System_information> system_counters() {
    TRY_VOID(system_information(inherited().system));
    return reinterpret_cast<System_information const&>(message_buffer().words);
}

// Accesses that the compiler does not judge.
inline uint8_t read_byte(uint64_t address) {
    asm volatile("" : "+r"(address));
    return *reinterpret_cast<uint8_t volatile const*>(address);
}
inline void write_byte(uint64_t address, uint8_t value) {
    asm volatile("" : "+r"(address));
    *reinterpret_cast<uint8_t volatile*>(address) = value;
}
inline void jump_to(uint64_t address) {
    asm volatile("" : "+r"(address));
    reinterpret_cast<void (*)()>(address)();
}

// A process with nothing in it, and one that has ended.
inline Result<Capability_index> empty_process(uint64_t quota = 64 * 1024) {
    return process_create(quota, 0, 'x', 0, 0, 0);
}

inline Result<Capability_index> ended_process() {
    auto const process = TRY(empty_process());
    TRY_VOID(process_destroy(process, 0));
    return process;
}

// New memory, mapped for reading and writing at fresh addresses.
inline Result<uint64_t> fresh_memory(uint64_t bytes) {
    lavandin::Capability const memory{TRY(memory_create(bytes))};
    uint64_t const address = layout::fresh_addresses(bytes);
    TRY_VOID(memory_map(self_process, memory.index(), address, 0, bytes, read_write));
    return address;
}

// Calls with one word and a badge, or with nothing at all.
inline Result<Endpoint_call_out> call_with(Capability_index endpoint, uint64_t word) {
    return endpoint_call(endpoint, Message_tag{}, word, 0, 0, 0);
}

inline Result<void> answer_with(Capability_index reply, uint64_t word) {
    return endpoint_reply(reply, Message_tag{}, word, 0, 0, 0);
}

// An object of every type that a test can have.
struct Samples {
    Capability_index process, thread, endpoint, notification, memory, reply, system;
};
Result<Samples> make_samples();

} // namespace conformance
