// SPDX-License-Identifier: MIT
// What init serves: starting programs, listing and ending processes, ending the machine.
//
// A process has a number that init gave it, unique since boot; every client capability it got at
// start carries that number as badge, so each server knows its clients by the same number. Roles
// stand in the badge's upper half and come from the manifest.
//
// Answers carry an abi::Error as label (0: done).
#pragma once

#include <lavandin/abi/process.hpp>

namespace lavandin::init_protocol {

using Process_number = uint32_t; // 0 is no process
inline constexpr Process_number init_number = 1;

inline constexpr uint64_t maximum_arguments_bytes = 1024;
inline constexpr uint64_t maximum_program_bytes = 47; // the boot image's file names
inline constexpr uint64_t maximum_processes = 48;
inline constexpr uint64_t maximum_kept_bytes = 168;

enum class Label : uint32_t {
    // w0: bytes of the argument block (words that end with NUL each, the program's name first),
    // w1: Spawn_flags; block in the buffer; one transfer: a notification that is signalled when the
    // process ends (optional). Answers w0: Process_number. Needs role_start.
    // Errors: permission_denied, invalid_argument (block malformed, no name), not_mapped (no such
    // program), not_supported (no valid program image), quota_exceeded and out_of_memory (its
    // memory), table_full (too many processes).
    spawn = 1,
    // w0: Process_number. Waits until it has ended, then answers an Ending in the buffer; the
    // number
    // is forgotten by then. Only for the process that started it.
    // Errors: invalid_argument (no such process), permission_denied, busy (somebody waits already).
    wait = 2,
    // w0: Process_number. Only for the one that started it, and role_manage.
    // Errors: invalid_argument (no such process), permission_denied.
    kill = 3,
    // w0: where to go on (0 at first). Answers w0: where to go on next, and a Process_entry in the
    // buffer; init is the first. Errors: invalid_argument (no further process).
    list = 4,
    // w0: Shutdown. Does not answer when it succeeds. With w0 = default_shutdown the way is chosen
    // that the command line asked for. Needs role_shutdown. Errors: permission_denied,
    // invalid_argument (no such way).
    shut_down = 5,
    // One transfer: a notification that is signalled whenever a process ends. For servers: they
    // then ask with `ended`. Needs role_serve. Errors: permission_denied, table_full.
    watch_endings = 6,
    // w0: how many (at most 256) Process_numbers stand in the buffer, one per word. Answers in the
    // buffer as many words: 1 for each that has ended, 0 for others.
    ended = 7,
    // w0: index, from 0. Answers a Program_entry in the buffer.
    // Errors: invalid_argument (no further program).
    programs = 8,
    // w0: Process_number. Answers the name of the process (16 bytes) in w0 and w1.
    // Errors: invalid_argument (no such process).
    name = 9,
    // w0: position (0 at first). Answers w0: next position, w1: bytes of init's own messages in the
    // buffer, whole lines, 0 when there is no more. For the log, which init never calls. The
    // notification of watch_endings is signalled for messages, too. Needs role_serve.
    // Errors: permission_denied.
    messages = 10,
    // For what must outlive a server: its successor, which is of the same section, finds it again.
    // Only servers' own; needs role_serve.
    // w0: bytes of a text (at most maximum_kept_bytes) in the buffer, w1: key, any number; one
    // transfer (optional). Replaces what that key stood for.
    // Errors: permission_denied, invalid_argument (text too long), table_full.
    keep = 11,
    // w0: where to go on (0 at first). Answers w0: where to go on next, w1: bytes of the text in
    // the buffer, w2: key, and what was transferred, if anything.
    // Errors: permission_denied, invalid_argument (nothing further).
    kept = 12,
    // w0: key. What it stood for goes. Errors: permission_denied, invalid_argument (no such key).
    forget = 13,
    // w0: Process_number. One transfer: the page of the accounts of its threads
    // (abi/accounting.hpp),
    // for reading. Errors: invalid_argument (no such process), and those of process_accounts.
    accounts = 14,
};

enum Spawn_flags : uint64_t {
    spawn_in_background = 1, // its console input is at its end from the start
};

// Roles in a client's badge, from bit 32 on.
inline constexpr uint64_t role_shutdown = 1;
inline constexpr uint64_t role_manage = 2; // end processes of others
inline constexpr uint64_t role_serve = 4;
inline constexpr uint64_t role_start = 8; // programs, each with what the manifest gives to that one

inline constexpr uint64_t default_shutdown = ~uint64_t{0};

constexpr Process_number badge_process(uint64_t badge) { return static_cast<uint32_t>(badge); }
constexpr uint64_t badge_roles(uint64_t badge) { return badge >> 32; }
constexpr uint64_t make_badge(Process_number process, uint64_t roles) {
    return roles << 32 | process;
}

// How a process ended.
struct Ending {
    uint64_t state;  // abi::Process_state, not alive
    uint64_t status; // exit status, or the exception vector when it faulted
    uint64_t fault_address;
    uint64_t fault_instruction;
    uint64_t fault_code;
    uint64_t stack_overflow; // 1: the address is just below the first thread's stack
};

struct Process_entry {
    uint64_t number; // Process_number
    uint64_t parent; // who started it
    abi::Process_information information;
    char group[16]; // as the manifest names it; empty: it is in none
};

struct Program_entry {
    char name[48];
    char about[96]; // one line, may be empty
};

} // namespace lavandin::init_protocol
