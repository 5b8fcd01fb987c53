// SPDX-License-Identifier: MIT
// Processes with nothing of the suite in them: a page of code, a page of instructions that a test
// made, a state to load or to store, a stack. One may do its worst in there.
#pragma once

#include "framework/child.hpp"
#include "x86-64/bare_layout.h"
#include "x86-64/registers.hpp"

namespace conformance {

// What bare.S loads and stores.
struct alignas(64) Bare_state {
    Fpu_file fpu;
    Register_file registers;
    uint64_t stack_pointer;
    uint64_t target;
    uint16_t ds, es, fs, gs, cs, ss;
    uint32_t unused;
    uint64_t magic;        // set by the test
    uint64_t by_fs, by_gs; // the magic, as it is found through them
    uint64_t has_xsave;    // set by the test
    uint8_t padding[0x40];
    uint8_t extended[0x500]; // XSAVE area; AVX's upper halves are at 576
};

// Code of bare.S. Entries: loads the state and goes to its target; stores two states, at once and
// after others ran.
uint64_t bare_enter_address();
uint64_t bare_inspect_address();
// Targets: gives way for ever; runs for ever; faults.
uint64_t bare_yield_address();
uint64_t bare_spin_address();
uint64_t bare_fault_address();

class Bare_process {
public:
    // The pages that all of them use, one after the other.
    static Result<Bare_process> make_pages();

    // What the next process finds.
    Bare_state& state() { return _states[0]; }
    Bare_state const& state_after() const { return _states[1]; }
    uint8_t* soup() { return _soup; }

    // Starts a process at `entry`. Its first thread is ready, no more.
    Result<void> start(uint64_t entry, char const* name);
    // Waits for its end until the deadline, then ends it. Answers whether it had ended by itself.
    Result<bool> end(uint64_t deadline);
    Process_information const& information() const { return _information; }

private:
    Memory _text, _soup_memory, _state_memory, _stack;
    Bare_state* _states{nullptr};
    uint8_t* _soup{nullptr};
    Process _process;
    Notification _ended;
    Process_information _information{};
};

} // namespace conformance
