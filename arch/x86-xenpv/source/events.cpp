// SPDX-License-Identifier: MIT
// Event channels, two-level form (xen/event_channel.h): a selector word per VCPU, a pending and a
// mask bit per port. A port is masked as it is delivered and stays so until its user is done.
#include <arch/interrupts.hpp>
#include <arch/processor.hpp>
#include <arch/spin.hpp>
#include <kernel/boot.hpp>
#include <kernel/log.hpp>
#include <xenpv/hypercall.hpp>
#include <xenpv/start_info.hpp>

extern "C" void event_arrived();
extern "C" void idle_block();
extern "C" [[noreturn]] void wait_for_event();
extern "C" [[noreturn]] void exit_to_user();

namespace xenpv {

shared_info* shared;

namespace {

constexpr uint32_t word_bits = 64;
constexpr uint32_t ports = 64 * 64;

// The VCPU that a port's events go to. Xen binds new ones to VCPU 0.
uint8_t bound_to[ports];

uint64_t bit(uint32_t port) { return uint64_t{1} << port % word_bits; }

void set_mask(uint32_t port) {
    __atomic_fetch_or(&shared->evtchn_mask[port / word_bits], bit(port), __ATOMIC_SEQ_CST);
}

void clear_pending(uint32_t port) {
    __atomic_fetch_and(&shared->evtchn_pending[port / word_bits], ~bit(port), __ATOMIC_SEQ_CST);
}

void deliver(uint32_t port) {
    if (port == local().timer_port) {
        clear_pending(port);
        ++local().timer_interrupts;
        local().programmed_deadline = kernel::never;
        kernel::timer_arrived();
        return;
    }
    if (port == local().kick_port)
        return clear_pending(port); // that the kernel was entered is all
    set_mask(port);
    clear_pending(port);
    kernel::interrupt_arrived(port);
}

// A word has ports of all VCPUs.
void deliver_word(uint32_t word) {
    uint64_t ready = __atomic_load_n(&shared->evtchn_pending[word], __ATOMIC_ACQUIRE) &
                     ~__atomic_load_n(&shared->evtchn_mask[word], __ATOMIC_ACQUIRE);
    for (; ready; ready &= ready - 1) {
        uint32_t const port = word * word_bits + static_cast<uint32_t>(__builtin_ctzl(ready));
        if (bound_to[port] == local().number)
            deliver(port);
    }
}

// All ports pending now, each once; what comes meanwhile raises a new upcall.
void deliver_pending(vcpu_info& info) {
    __atomic_store_n(&info.evtchn_upcall_pending, 0, __ATOMIC_SEQ_CST);
    uint64_t selector = __atomic_exchange_n(&info.evtchn_pending_sel, 0, __ATOMIC_SEQ_CST);
    for (; selector; selector &= selector - 1)
        deliver_word(static_cast<uint32_t>(__builtin_ctzl(selector)));
}

// For somebody outside who counts how long we go on without (qemu-tests/counter).
void mark_look_for_events() { asm volatile("nopl 0x4c415602(%%rax)" ::: "memory"); }

uint32_t bind_virtual_interrupt(uint32_t which, unsigned vcpu) {
    evtchn_bind_virq_t argument{which, vcpu, 0};
    if (!hypercall::event_channel_op(EVTCHNOP_bind_virq, &argument).ok())
        kernel::panic("events: cannot bind virtual interrupt {}", which);
    bound_to[argument.port] = static_cast<uint8_t>(vcpu);
    return argument.port;
}

// A port by which other VCPUs signal that one.
uint32_t bind_signal(unsigned vcpu) {
    evtchn_bind_ipi_t argument{vcpu, 0};
    if (!hypercall::event_channel_op(EVTCHNOP_bind_ipi, &argument).ok())
        kernel::panic("events: cannot bind a signal for processor {}", vcpu);
    bound_to[argument.port] = static_cast<uint8_t>(vcpu);
    return argument.port;
}

void send(uint32_t port) {
    evtchn_send_t argument{port};
    if (!hypercall::event_channel_op(EVTCHNOP_send, &argument).ok())
        kernel::panic("events: cannot signal by port {}", port);
}

} // namespace

void set_up_events() {
    Local& self = local();
    self.timer_port = bind_virtual_interrupt(VIRQ_TIMER, self.number);
    arch::unmask(self.timer_port);
    self.kick_port = bind_signal(self.number);
    arch::unmask(self.kick_port);
    self.wake_port = bind_signal(self.number); // stays masked: it is only polled
    if (!hypercall::vcpu_op(VCPUOP_stop_periodic_timer, self.number).ok())
        kernel::panic("events: cannot stop the periodic timer");
}

uint32_t bind_console_input() { return bind_virtual_interrupt(VIRQ_CONSOLE, 0); }

} // namespace xenpv

using namespace xenpv;

void event_arrived() {
    ++local().events;
    kernel::events_begin();
    arch::deliver_events();
    kernel::events_handled();
}

void idle_block() {
    mark_look_for_events();
    (void)hypercall::block();
}

namespace arch {

void kick(uint32_t processor) { send(local_of(processor).kick_port); }

void prepare_to_wait() { clear_pending(local().wake_port); }

void wait() {
    if (!hypercall::poll(local().wake_port).ok())
        kernel::panic("events: cannot wait");
}

void wake(uint32_t processor) { send(local_of(processor).wake_port); }

void idle() { wait_for_event(); }

void yield() {
    (void)hypercall::yield();
    mark_look_for_events(); // it was not the kernel that took the time
}

void enter_user() { exit_to_user(); }

void deliver_events() {
    mark_look_for_events();
    vcpu_info& info = *local().vcpu_info;
    while (__atomic_load_n(&info.evtchn_upcall_pending, __ATOMIC_ACQUIRE))
        deliver_pending(info);
}

void mask(Line line) {
    if (line < ports)
        set_mask(line);
}

// Through Xen, which looks at the pending bit and raises the upcall that a plain write would miss.
void unmask(Line line) {
    evtchn_unmask_t argument{line};
    if (!hypercall::event_channel_op(EVTCHNOP_unmask, &argument).ok())
        kernel::log("events: cannot unmask port {}", line);
}

// Masked meanwhile, and unmasked through Xen: an event that was pending on the old VCPU is raised
// on the new one then.
void route(Line line, uint32_t processor) {
    uint64_t const old =
        __atomic_fetch_or(&shared->evtchn_mask[line / word_bits], bit(line), __ATOMIC_SEQ_CST);
    evtchn_bind_vcpu_t argument{line, processor};
    if (!hypercall::event_channel_op(EVTCHNOP_bind_vcpu, &argument).ok())
        kernel::panic("events: cannot move port {} to processor {}", line, processor);
    bound_to[line] = static_cast<uint8_t>(processor);
    if (!(old & bit(line)))
        unmask(line);
}

kernel::Result<void> raise(Line line) {
    evtchn_send_t argument{line};
    if (!hypercall::event_channel_op(EVTCHNOP_send, &argument).ok())
        return kernel::Error::not_supported;
    return {};
}

kernel::Result<Line> open_channel(Machine_number machine) {
    evtchn_alloc_unbound_t argument{DOMID_SELF, machine, 0};
    auto const answer = hypercall::event_channel_op(EVTCHNOP_alloc_unbound, &argument);
    if (!answer.ok())
        return answer.value == -XEN_ENOSPC ? kernel::Error::table_full
                                           : kernel::Error::not_supported;
    set_mask(argument.port);
    clear_pending(argument.port);
    bound_to[argument.port] = 0;
    return argument.port;
}

void close_channel(Line line) {
    set_mask(line);
    evtchn_close_t argument{line};
    if (!hypercall::event_channel_op(EVTCHNOP_close, &argument).ok())
        kernel::panic("events: cannot close port {}", line);
    clear_pending(line);
}

} // namespace arch
