// SPDX-License-Identifier: MIT
// Exceptions: the table that Xen calls through, and what becomes of a fault.
#include "entry_offsets.h"
#include <arch/machine.hpp>
#include <kernel/boot.hpp>
#include <kernel/register_dump.hpp>
#include <xenpv/hypercall.hpp>
#include <xenpv/start_info.hpp>

#define TRAPS(apply)                                                                               \
    apply(0) apply(1) apply(3) apply(4) apply(5) apply(6) apply(7) apply(8) apply(9) apply(10)     \
        apply(11) apply(12) apply(13) apply(14) apply(16) apply(17) apply(18) apply(19)

extern "C" {
#define DECLARE(vector) void trap_##vector();
TRAPS(DECLARE)
#undef DECLARE
void event_entry();
void failsafe_entry();
void system_call_entry();
void exception_from_user(uint64_t vector, uint64_t code);
[[noreturn]] void exception_from_kernel(uint64_t vector, uint64_t code);
}

namespace xenpv {

namespace {

constexpr uint8_t from_user = 3;
constexpr uint8_t from_kernel = 0;
constexpr uint8_t mask_upcalls = 1 << 2;
constexpr uint64_t page_fault = 14;
constexpr uint64_t write_to_present = 3; // bits of a page fault's code

// Only breakpoint and overflow may be raised by an instruction of the user's choice.
constexpr uint8_t privilege(uint8_t vector) {
    return vector == 3 || vector == 4 ? from_user : from_kernel;
}

#define ENTRY(vector)                                                                              \
    {vector, uint8_t(privilege(vector) | mask_upcalls), FLAT_KERNEL_CS,                            \
     reinterpret_cast<unsigned long>(trap_##vector)},

void register_traps() {
    trap_info const table[]{TRAPS(ENTRY){0, 0, 0, 0}};
    if (!hypercall::set_trap_table(table).ok())
        kernel::panic("traps: Xen refuses the table");
}
#undef ENTRY

char const* name(uint64_t vector) {
    static constexpr char const* names[]{"divide error",   "debug",
                                         "interrupt",      "breakpoint",
                                         "overflow",       "bound",
                                         "invalid opcode", "no FPU",
                                         "double fault",   "FPU overrun",
                                         "invalid TSS",    "segment not present",
                                         "stack fault",    "general protection",
                                         "page fault",     "reserved",
                                         "FPU error",      "alignment check",
                                         "machine check",  "SIMD error"};
    if (vector == FAILSAFE_VECTOR)
        return "selector that cannot be loaded";
    return vector < sizeof names / sizeof *names ? names[vector] : "unknown exception";
}

void print_address(uint64_t address) { kernel::log("  [<{x}>]", address); }

} // namespace

void set_up_traps() {
    register_traps();
    bool const ok = hypercall::callback_register(CALLBACKTYPE_event, event_entry).ok() &&
                    hypercall::callback_register(CALLBACKTYPE_failsafe, failsafe_entry).ok() &&
                    hypercall::callback_register(CALLBACKTYPE_syscall, system_call_entry).ok();
    if (!ok)
        kernel::panic("traps: Xen refuses a callback");
}

} // namespace xenpv

using namespace xenpv;

void exception_from_user(uint64_t vector, uint64_t code) {
    uint64_t address = 0;
    if (vector == page_fault) { // user code can read the record: others' addresses do not stay
        address = local().vcpu_info->arch.cr2;
        local().vcpu_info->arch.cr2 = 0;
    }
    bool const refused = vector == page_fault && (code & write_to_present) == write_to_present;
    kernel::thread_faulted({vector, code, address, name(vector), refused});
}

void exception_from_kernel(uint64_t vector, uint64_t code) {
    arch::Registers const& registers = local().crash_frame;
    static bool reporting = false;
    if (reporting) // what is looked at below may be broken, too
        arch::shutdown(lavandin::abi::Shutdown::crash);
    reporting = true;
    kernel::begin_last_words();
    kernel::log("kernel fault: {} ({}), code {x}, address {x}", name(vector), vector, code,
                local().vcpu_info->arch.cr2);
    kernel::log_registers(registers);
    arch::backtrace(registers.instruction_pointer(), registers.frame_pointer(), print_address);
    kernel::log_current_process();
    arch::shutdown(lavandin::abi::Shutdown::crash);
}
