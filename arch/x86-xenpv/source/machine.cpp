// SPDX-License-Identifier: MIT
#include <arch/machine.hpp>
#include <xenpv/hypercall.hpp>

namespace arch {

void shutdown(lavandin::abi::Shutdown reason) {
    using lavandin::abi::Shutdown;
    unsigned const told = reason == Shutdown::power_off ? SHUTDOWN_poweroff
                          : reason == Shutdown::reboot  ? SHUTDOWN_reboot
                                                        : SHUTDOWN_crash;
    for (;;)
        (void)xenpv::hypercall::shutdown(told);
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
