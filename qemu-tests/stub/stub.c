/* SPDX-License-Identifier: MIT */
/*
 * The rig's own test guest: the smallest PV kernel that can say something in both modes, so that
 * the rig can be tested without Lavandin. What it does is chosen on its command line:
 *
 *   run=conformance   prints a KTAP report (one test passes, one is skipped), then shuts down
 *   run=failure       prints a report with a failing and a missing test, then shuts down
 *   run=crash         executes an undefined instruction some calls deep
 *   run=echo          prints a prompt and returns each line typed; "quit" shuts down
 *   run=bench         prints what hypercalls cost (floor.c), then shuts down
 *   end=poweroff      shuts down with that reason instead of reboot
 */
#include "stub.h"

#include <xen/event_channel.h>
#include <xen/io/console.h>
#include <xen/sched.h>

extern char hypercall_page[];
void stub_main(const struct start_info* info);

const struct start_info* start_info;
static struct xencons_interface* ring;
static evtchn_port_t console_port;
union shared_page shared __attribute__((aligned(4096)));

long hypercall4(unsigned number, long a, const void* b, const void* c, long d) {
    register long rdi __asm__("rdi") = a;
    register const void* rsi __asm__("rsi") = b;
    register const void* rdx __asm__("rdx") = c;
    register long r10 __asm__("r10") = d;
    long result;
    __asm__ volatile("call *%[entry]"
                     : "=a"(result), "+r"(rdi), "+r"(rsi), "+r"(rdx), "+r"(r10)
                     : [entry] "r"(hypercall_page + number * 32)
                     : "memory", "rcx", "r8", "r9", "r11");
    return result;
}

static long hypercall3(unsigned number, long a, const void* b, const void* c) {
    return hypercall4(number, a, b, c, 0);
}

static int initial_domain(void) { return (start_info->flags & SIF_INITDOMAIN) != 0; }

static unsigned long length(const char* text) {
    unsigned long n = 0;
    while (text[n])
        n++;
    return n;
}

static int contains(const char* text, const char* word) {
    for (; *text; text++) {
        unsigned long i = 0;
        while (word[i] && text[i] == word[i])
            i++;
        if (!word[i])
            return 1;
    }
    return 0;
}

static void notify(void) {
    struct evtchn_send send = {.port = console_port};
    hypercall3(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send, 0);
}

/* Blocks until the console's event comes. It is cleared first, so that none is missed by a caller
 * that looks at its ring between two calls. */
static void wait(void) {
    struct sched_poll poll = {.nr_ports = 1};
    set_xen_guest_handle(poll.ports, &console_port);
    hypercall3(__HYPERVISOR_sched_op, SCHEDOP_poll, &poll, 0);
    __atomic_fetch_and(&shared.info.evtchn_pending[console_port / 64],
                       ~(1UL << (console_port % 64)), __ATOMIC_SEQ_CST);
}

/* Maps the shared page, which holds the pending bits, and finds the console. */
static void find_console(void) {
    unsigned long frame, entry = start_info->shared_info | 3;
    hypercall3(__HYPERVISOR_update_va_mapping, (long)&shared, (void*)entry, (void*)UVMF_INVLPG);
    if (initial_domain()) {
        struct evtchn_bind_virq bind = {.virq = VIRQ_CONSOLE};
        hypercall3(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, &bind, 0);
        console_port = bind.port;
        return;
    }
    console_port = start_info->console.domU.evtchn;
    frame = ((const unsigned long*)MACH2PHYS_VIRT_START)[start_info->console.domU.mfn];
    ring = (struct xencons_interface*)(0xffffffff80000000 + (frame << 12));
}

static void put(char c) {
    while (ring->out_prod - *(volatile XENCONS_RING_IDX*)&ring->out_cons >= sizeof(ring->out)) {
        notify();
        wait();
    }
    ring->out[MASK_XENCONS_IDX(ring->out_prod, ring->out)] = c;
    __atomic_store_n(&ring->out_prod, ring->out_prod + 1, __ATOMIC_RELEASE);
}

void say(const char* text) {
    unsigned long n = length(text);
    if (initial_domain()) {
        hypercall3(__HYPERVISOR_console_io, CONSOLEIO_write, (void*)n, text);
        return;
    }
    for (unsigned long i = 0; i < n; i++) {
        if (text[i] == '\n')
            put('\r');
        put(text[i]);
    }
    notify();
}

static char read_key(void) {
    char c;
    if (initial_domain()) {
        while (hypercall3(__HYPERVISOR_console_io, CONSOLEIO_read, (void*)1, &c) != 1)
            wait();
        return c;
    }
    while (__atomic_load_n(&ring->in_prod, __ATOMIC_ACQUIRE) == ring->in_cons)
        wait();
    c = ring->in[MASK_XENCONS_IDX(ring->in_cons, ring->in)];
    __atomic_store_n(&ring->in_cons, ring->in_cons + 1, __ATOMIC_RELEASE);
    notify();
    return c;
}

static void echo(void) {
    char line[128];
    for (;;) {
        unsigned n = 0;
        say("stub> ");
        for (char c = read_key(); c != '\n' && c != '\r'; c = read_key())
            if (n < sizeof(line) - 2)
                line[n++] = c;
        line[n++] = '\n';
        line[n] = 0;
        say("heard: ");
        say(line);
        if (contains(line, "quit"))
            return;
    }
}

static __attribute__((noinline)) void crash_here(void) { __asm__ volatile("ud2"); }

static __attribute__((noinline)) void crash_deeper(void) {
    say("crashing at [<ffffffff80100000>]\n");
    crash_here();
    __asm__ volatile("");
}

static void report(int failing) {
    say("KTAP version 1\n1..3\nok 1 - first\n");
    say(failing ? "not ok 2 - second\n# expected 1, got 2\n" : "ok 2 - second # SKIP no device\n");
    if (!failing)
        say("ok 3 - third\n");
}

void stub_main(const struct start_info* info) {
    const char* line = (const char*)info->cmd_line;
    start_info = info;
    find_console();
    say("stub guest: ");
    say(line);
    say("\n");
    if (contains(line, "run=conformance"))
        report(0);
    else if (contains(line, "run=failure"))
        report(1);
    else if (contains(line, "run=crash"))
        crash_deeper();
    else if (contains(line, "run=bench"))
        print_floor();
    else
        echo();
    struct sched_shutdown end = {.reason = contains(line, "end=poweroff") ? SHUTDOWN_poweroff
                                                                          : SHUTDOWN_reboot};
    hypercall3(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &end, 0);
}
