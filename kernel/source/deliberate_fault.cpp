// SPDX-License-Identifier: MIT
#include <kernel/command_line.hpp>
#include <kernel/deliberate_fault.hpp>

namespace kernel {

namespace {

uint64_t wanted; // Fault_moment, set once at start; 0 for none
uint64_t volatile harmless_word;
uint64_t volatile* volatile unmapped_word = nullptr;

} // namespace

void set_fault_moment(char const* command_line) {
    wanted = command_line_number(command_line, "kernel_fault", 0);
}

uint64_t volatile* fault_word(Fault_moment moment) {
    return wanted == static_cast<uint64_t>(moment) ? unmapped_word : &harmless_word;
}

} // namespace kernel
