// SPDX-License-Identifier: MIT
#include <arch/console.hpp>
#include <arch/machine.hpp>
#include <xenpv/hypercall.hpp>
#include <xenpv/start_info.hpp>

namespace arch {

namespace {

using lavandin::abi::Shutdown;

// The rig knows by this line what was asked for (qemu-tests/rig/xen.py).
constexpr char restarting[] =
    "power off: Xen would leave the machine halted, so it is restarted instead\n";

// Where the initial domain powers off, Xen disables interrupts and halts, for ever
// (xen/common/shutdown.c: machine_halt). What turns a machine off is in ACPI's byte code (\_S5),
// which Xen leaves to that domain and which nobody here interprets. A restart ends emulated
// machines that are told to end with it, as the rig's is.
unsigned asked_of_xen(Shutdown reason) {
    switch (reason) {
    case Shutdown::power_off:
        if (!xenpv::initial_domain())
            return SHUTDOWN_poweroff;
        console_write(restarting, sizeof restarting - 1);
        return SHUTDOWN_reboot;
    case Shutdown::reboot:
        return SHUTDOWN_reboot;
    case Shutdown::crash:
        break;
    }
    return SHUTDOWN_crash;
}

} // namespace

void shutdown(Shutdown reason) {
    unsigned const asked = asked_of_xen(reason);
    for (;;)
        (void)xenpv::hypercall::shutdown(asked);
}

// Frame pointers are kept in the kernel: [rbp] is the caller's rbp, [rbp + 8] the return address.
void backtrace(uint64_t instruction, uint64_t frame_pointer, void (*print)(uint64_t address)) {
    constexpr unsigned deepest = 24;
    uint64_t const stack_end = xenpv::local().stack_top;
    uint64_t const stack_begin = stack_end - xenpv::local().stack_bytes;
    if (instruction)
        print(instruction);
    for (unsigned depth = 0; depth < deepest; ++depth) {
        if (frame_pointer < stack_begin || frame_pointer + 16 > stack_end || frame_pointer % 8)
            return;
        auto const* frame = reinterpret_cast<uint64_t const*>(frame_pointer);
        print(frame[1] - 1); // the call, not what follows it
        frame_pointer = frame[0];
    }
}

} // namespace arch
