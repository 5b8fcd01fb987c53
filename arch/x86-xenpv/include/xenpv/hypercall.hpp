// SPDX-License-Identifier: MIT
// One typed inline function per hypercall or sub-operation. `Status` carries Xen's negative error
// number; nothing past this header sees raw numbers or void pointers.
//
// Convention (xen/arch-x86/xen-x86_64.h): number by place in the transfer page, arguments in rdi,
// rsi, rdx, r10, r8; result in rax; rcx, r11 and the used argument registers are lost.
#pragma once

#include <xenpv/frame_types.hpp>
#include <xenpv/local.hpp>
#include <xenpv/xen.hpp>

extern "C" char hypercall_page[];

namespace xenpv {

struct [[nodiscard]] Status {
    int64_t value;

    constexpr bool ok() const { return value >= 0; }
};

namespace hypercall {

template <unsigned number, typename... Arguments>
inline Status invoke(Arguments... arguments) {
    static_assert(sizeof...(arguments) <= 5);
    uint64_t const values[5]{uint64_t(arguments)...};
    uint64_t rdi = values[0], rsi = values[1], rdx = values[2];
    register uint64_t r10 asm("r10") = values[3];
    register uint64_t r8 asm("r8") = values[4];
    int64_t result;
    count_hypercall();
    asm volatile("call hypercall_page + %c[offset]"
                 : "=a"(result), "+D"(rdi), "+S"(rsi), "+d"(rdx), "+r"(r10), "+r"(r8)
                 : [offset] "i"(number * 32)
                 : "rcx", "r11", "memory");
    return Status{result};
}

template <typename T>
inline uint64_t address(T const* pointer) {
    return reinterpret_cast<uint64_t>(pointer);
}

inline Status set_trap_table(trap_info const* traps) {
    return invoke<__HYPERVISOR_set_trap_table>(address(traps));
}

inline Status mmu_update(mmu_update_t const* updates, uint64_t count) {
    return invoke<__HYPERVISOR_mmu_update>(address(updates), count, 0, DOMID_SELF);
}

inline Status mmuext_op(mmuext_op_t const* operations, uint64_t count) {
    return invoke<__HYPERVISOR_mmuext_op>(address(operations), count, 0, DOMID_SELF);
}

inline Status update_va_mapping(uint64_t virtual_address, Entry entry, uint64_t flush) {
    return invoke<__HYPERVISOR_update_va_mapping>(virtual_address, entry.raw, flush);
}

inline Status stack_switch(uint64_t stack_pointer) {
    return invoke<__HYPERVISOR_stack_switch>(FLAT_KERNEL_SS, stack_pointer);
}

inline Status set_segment_base(unsigned which, uint64_t base) {
    return invoke<__HYPERVISOR_set_segment_base>(which, base);
}

// Before GS is set up nothing can be counted through it.
inline Status first_set_segment_base(unsigned which, uint64_t base) {
    uint64_t rdi = which, rsi = base;
    int64_t result;
    asm volatile("call hypercall_page + %c[offset]"
                 : "=a"(result), "+D"(rdi), "+S"(rsi)
                 : [offset] "i"(__HYPERVISOR_set_segment_base * 32)
                 : "rcx", "r11", "memory");
    return Status{result};
}

inline Status callback_register(uint16_t type, void (*entry)()) {
    callback_register_t const argument{type, CALLBACKF_mask_events,
                                       reinterpret_cast<xen_callback_t>(entry)};
    return invoke<__HYPERVISOR_callback_op>(CALLBACKOP_register, address(&argument));
}

inline Status vm_assist(unsigned type) {
    return invoke<__HYPERVISOR_vm_assist>(VMASST_CMD_enable, type);
}

inline Status console_write(char const* text, uint64_t bytes) {
    return invoke<__HYPERVISOR_console_io>(CONSOLEIO_write, bytes, address(text));
}

inline Status console_read(char* text, uint64_t bytes) {
    return invoke<__HYPERVISOR_console_io>(CONSOLEIO_read, bytes, address(text));
}

inline Status version() { return invoke<__HYPERVISOR_xen_version>(XENVER_version, 0); }

inline Status block() { return invoke<__HYPERVISOR_sched_op>(SCHEDOP_block, 0); }

// Until the port is pending, or for a while.
inline Status poll(evtchn_port_t port) {
    sched_poll_t argument{};
    set_xen_guest_handle(argument.ports, &port);
    argument.nr_ports = 1;
    return invoke<__HYPERVISOR_sched_op>(SCHEDOP_poll, address(&argument));
}

inline Status yield() { return invoke<__HYPERVISOR_sched_op>(SCHEDOP_yield, 0); }

inline Status shutdown(unsigned reason) {
    sched_shutdown_t const argument{reason};
    return invoke<__HYPERVISOR_sched_op>(SCHEDOP_shutdown, address(&argument));
}

template <typename T>
inline Status vcpu_op(int operation, unsigned vcpu, T const* argument) {
    return invoke<__HYPERVISOR_vcpu_op>(operation, vcpu, address(argument));
}

inline Status vcpu_op(int operation, unsigned vcpu) {
    return invoke<__HYPERVISOR_vcpu_op>(operation, vcpu, 0);
}

// The outcome of each is in its `result`.
inline Status multicall(multicall_entry* calls, uint64_t count) {
    return invoke<__HYPERVISOR_multicall>(address(calls), count);
}

template <typename T>
inline Status event_channel_op(int operation, T* argument) {
    return invoke<__HYPERVISOR_event_channel_op>(operation, address(argument));
}

// One operation; its own outcome is in its `status`.
template <typename T>
inline Status grant_table_op(unsigned operation, T* argument) {
    return invoke<__HYPERVISOR_grant_table_op>(operation, address(argument), 1);
}

} // namespace hypercall
} // namespace xenpv
