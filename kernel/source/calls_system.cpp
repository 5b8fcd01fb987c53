// SPDX-License-Identifier: MIT
// System calls on interrupts, time, console, log and the machine.
#include <arch/clock.hpp>
#include <arch/console.hpp>
#include <arch/machine.hpp>
#include <kernel/clock_memory.hpp>
#include <kernel/deliberate_fault.hpp>
#include <kernel/interrupt.hpp>
#include <kernel/listener.hpp>
#include <kernel/log.hpp>
#include <kernel/process.hpp>
#include <kernel/system.hpp>
#include <kernel/system_calls.hpp>

namespace kernel::system_call {

using namespace abi;

namespace {

constexpr uint64_t text_bytes = sizeof(Message_buffer::words);

Result<Ref<Interrupt>> find_interrupt(Thread& caller, Capability_index index) {
    return caller.process().table().find<Interrupt>(index, interrupt_permission::control);
}

Result<Ref<System>> find_system(Thread& caller, Capability_index index, Permissions needed) {
    return caller.process().table().find<System>(index, needed);
}

char* text_of(Thread& thread) { return reinterpret_cast<char*>(thread.buffer().words); }

} // namespace

Result<void> interrupt_bind(Thread& caller, Interrupt_bind_in const& in) {
    auto const interrupt = TRY(find_interrupt(caller, in.interrupt));
    Listener const listener = TRY(find_listener(caller.process(), in.notification));
    if (listener.notification)
        return interrupt->bind(listener.notification, listener.bits, caller.process().table(),
                               in.interrupt, in.notification);
    interrupt->unbind();
    return {};
}

Result<void> interrupt_acknowledge(Thread& caller, Interrupt_acknowledge_in const& in) {
    arch::unmask(TRY(find_interrupt(caller, in.interrupt))->line());
    return {};
}

Result<void> interrupt_raise(Thread& caller, Interrupt_raise_in const& in) {
    return arch::raise(TRY(find_interrupt(caller, in.interrupt))->line());
}

Result<Clock_read_out> clock_read(Thread&) {
    return Clock_read_out{arch::now(), arch::wall_offset()};
}

Result<Capability_index> clock_page(Thread& caller) {
    return caller.process().table().add({Ref<Object>{clock_memory()}, memory_permission::read, 0});
}

Result<void> console_write(Thread& caller, Console_write_in const& in) {
    (void)TRY(find_system(caller, in.system, system_permission::console));
    if (in.size > text_bytes)
        return Error::invalid_argument;
    if (!arch::has_platform_console())
        return Error::not_supported;
    char text[text_bytes]; // the buffer may change while it is written
    __builtin_memcpy(text, text_of(caller), in.size);
    arch::console_write(text, in.size);
    return {};
}

Result<uint64_t> console_read(Thread& caller, Console_read_in const& in) {
    (void)TRY(find_system(caller, in.system, system_permission::console));
    return arch::platform_console_read(text_of(caller), text_bytes);
}

Result<Log_read_out> log_read(Thread& caller, Log_read_in const& in) {
    (void)TRY(find_system(caller, in.system, system_permission::log));
    uint64_t position = in.position;
    uint64_t const size = log_copy(position, text_of(caller), text_bytes);
    return Log_read_out{position, size};
}

Result<void> log_bind(Thread& caller, Log_bind_in const& in) {
    auto const system = TRY(find_system(caller, in.system, system_permission::log));
    Listener const listener = TRY(find_listener(caller.process(), in.notification));
    if (listener.notification)
        return system->bind_log(listener.notification, listener.bits, caller.process().table(),
                                in.system, in.notification);
    system->unbind_log();
    return {};
}

Result<void> system_information(Thread& caller, System_information_in const& in) {
    auto const system = TRY(find_system(caller, in.system, system_permission::information));
    system->describe(reinterpret_cast<System_information&>(caller.buffer().words));
    return {};
}

Result<void> system_shutdown(Thread& caller, System_shutdown_in const& in) {
    (void)TRY(find_system(caller, in.system, system_permission::shutdown));
    if (in.reason > static_cast<uint64_t>(Shutdown::crash))
        return Error::invalid_argument;
    *fault_word(Fault_moment::shutdown) = 0;
    arch::shutdown(static_cast<Shutdown>(in.reason));
}

} // namespace kernel::system_call
