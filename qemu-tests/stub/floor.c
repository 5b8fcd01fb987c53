/* SPDX-License-Identifier: MIT */
/*
 * The floor under Lavandin's figures: what single hypercalls, an entry from user mode, and an event
 * cost with a kernel that does nothing else. One BENCH line each, of the form that bench/ prints:
 * ticks of the time stamp counter, which in the deterministic mode are instructions.
 */
#include "stub.h"

#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#define SAMPLES 32
#define REPEAT 8
#define PAGE 4096
#define USER_ADDRESS 0x10000UL
#define PRESENT 1UL
#define WRITABLE 2UL
#define USER 4UL
#define ACCESSED 0x20UL
#define FAR_DEADLINE (1UL << 60)

extern char floor_system_call[], floor_event[], floor_failsafe[], floor_back[];
extern const char floor_user_begin[], floor_user_end[];
uint64_t floor_in_user(unsigned long address, uint64_t count);

typedef uint64_t table[512] __attribute__((aligned(PAGE)));
static table top, other_top, third, second, first; /* other_top stays empty */
static char user_code[PAGE] __attribute__((aligned(PAGE)));
static char some_page[PAGE] __attribute__((aligned(PAGE)));
static char entry_stack[PAGE] __attribute__((aligned(16)));

static uint64_t samples[SAMPLES];

static uint64_t ticks(void) {
    uint32_t low, high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

static uint64_t frame_of(const void* address) {
    unsigned long number = ((unsigned long)address - 0xffffffff80000000UL) / PAGE;
    return ((const unsigned long*)start_info->mfn_list)[number];
}

static char* digits(char* end, uint64_t value) {
    do
        *--end = (char)('0' + value % 10);
    while (value /= 10);
    return end;
}

static void say_number(const char* before, uint64_t value) {
    char text[24];
    text[23] = 0;
    say(before);
    say(digits(text + 23, value));
}

static void sort(void) {
    for (unsigned i = 1; i < SAMPLES; i++)
        for (unsigned k = i; k && samples[k - 1] > samples[k]; k--) {
            uint64_t swapped = samples[k];
            samples[k] = samples[k - 1];
            samples[k - 1] = swapped;
        }
}

static void print(const char* name, unsigned hypercalls) {
    sort();
    say("BENCH {\"name\": \"");
    say(name);
    say_number("\", \"unit\": \"ticks\", \"iterations\": ", SAMPLES * REPEAT);
    say_number(", \"min\": ", samples[0]);
    say_number(", \"median\": ", samples[SAMPLES / 2]);
    say_number(", \"max\": ", samples[SAMPLES - 1]);
    say_number(", \"hypercalls\": ", hypercalls);
    say("}\n");
}

/* The operations. Each may count on the number of times it was called. */

typedef void operation(unsigned count);

static void mmuext(unsigned first_command, unsigned long argument, unsigned second_command) {
    struct mmuext_op operations[2] = {{.cmd = first_command, .arg1.mfn = argument},
                                      {.cmd = second_command}};
    hypercall4(__HYPERVISOR_mmuext_op, (long)operations, (void*)(second_command ? 2UL : 1UL), 0,
               DOMID_SELF);
}

static void write_entry(uint64_t value) {
    struct mmu_update update = {.ptr = (frame_of(first) * PAGE + 8 * 100) | MMU_NORMAL_PT_UPDATE,
                                .val = value};
    hypercall4(__HYPERVISOR_mmu_update, (long)&update, (void*)1, 0, DOMID_SELF);
}

static void version(unsigned count) {
    (void)count;
    hypercall4(__HYPERVISOR_xen_version, XENVER_version, 0, 0, 0);
}
static void switch_table(unsigned count) {
    mmuext(MMUEXT_NEW_USER_BASEPTR, frame_of(count % 2 ? top : other_top), MMUEXT_TLB_FLUSH_LOCAL);
}
static void flush(unsigned count) {
    (void)count;
    mmuext(MMUEXT_TLB_FLUSH_LOCAL, 0, 0);
}
static void flush_one(unsigned count) {
    (void)count;
    mmuext(MMUEXT_INVLPG_LOCAL, USER_ADDRESS, 0);
}
static void clear_page(unsigned count) {
    (void)count;
    mmuext(MMUEXT_CLEAR_PAGE, frame_of(some_page), 0);
}
static void map_or_clear(unsigned count) {
    write_entry(count % 2 ? 0 : frame_of(some_page) * PAGE | PRESENT | USER | WRITABLE | ACCESSED);
}
static void segment_base(unsigned count) {
    hypercall4(__HYPERVISOR_set_segment_base, SEGBASE_FS, (void*)(0x10000UL + count), 0, 0);
}
static void timer(unsigned count) {
    struct vcpu_set_singleshot_timer set = {.timeout_abs_ns = FAR_DEADLINE + count};
    hypercall4(__HYPERVISOR_vcpu_op, VCPUOP_set_singleshot_timer, 0, &set, 0);
}
static evtchn_port_t own_port;
static void send(unsigned count) {
    struct evtchn_send argument = {.port = own_port};
    (void)count;
    hypercall4(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &argument, 0, 0);
}
static void multicall(unsigned count) {
    struct multicall_entry calls[2] = {{.op = __HYPERVISOR_xen_version},
                                       {.op = __HYPERVISOR_xen_version}};
    (void)count;
    hypercall4(__HYPERVISOR_multicall, (long)calls, (void*)2, 0, 0);
}

static void nothing(unsigned count) { (void)count; }

/* The loop around the operations is taken off. */
static void take_samples(operation* run, uint64_t loop) {
    unsigned count = 0;
    run(count++);
    run(count++);
    for (unsigned i = 0; i < SAMPLES; i++) {
        uint64_t begin = ticks();
        for (unsigned k = 0; k < REPEAT; k++)
            run(count++);
        samples[i] = (ticks() - begin) / REPEAT - loop;
    }
}

static void measure(const char* name, operation* run) {
    take_samples(nothing, 0);
    take_samples(run, samples[0]);
    print(name, 1);
}

static void measure_system_call(void) {
    floor_in_user(USER_ADDRESS, REPEAT);
    for (unsigned i = 0; i < SAMPLES; i++)
        samples[i] = floor_in_user(USER_ADDRESS, REPEAT) / REPEAT;
    print("bare system call and iret", 1);
}

static void measure_event(void) {
    struct evtchn_bind_ipi bind = {.vcpu = 0};
    hypercall4(__HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, &bind, 0, 0);
    own_port = bind.port;
    shared.info.evtchn_mask[0] &= ~(1UL << own_port);
    shared.info.vcpu_info[0].evtchn_upcall_mask = 0;
    measure("event sent to oneself, upcall and iret", send);
    shared.info.vcpu_info[0].evtchn_upcall_mask = 1;
}

/* Preparing for it. */

static void must(const char* what, long result) {
    if (result) {
        say("stub: Xen refuses: ");
        say(what);
        say("\n");
        __asm__ volatile("ud2");
    }
}

static void register_entry(unsigned type, const char* entry) {
    struct callback_register callback = {
        .type = type, .flags = CALLBACKF_mask_events, .address = (unsigned long)entry};
    must("a callback", hypercall4(__HYPERVISOR_callback_op, CALLBACKOP_register, &callback, 0, 0));
}

static void register_entries(void) {
    struct trap_info traps[] = {{6, 4, FLAT_KERNEL_CS, (unsigned long)floor_back}, {0, 0, 0, 0}};
    register_entry(CALLBACKTYPE_event, floor_event);
    register_entry(CALLBACKTYPE_failsafe, floor_failsafe);
    register_entry(CALLBACKTYPE_syscall, floor_system_call);
    must("traps", hypercall4(__HYPERVISOR_set_trap_table, (long)traps, 0, 0, 0));
    must("a stack", hypercall4(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS,
                               entry_stack + sizeof(entry_stack), 0, 0));
}

static void make_table_of(table page, uint64_t entry, unsigned slot) {
    uint64_t mapping = frame_of(page) * PAGE | PRESENT | ACCESSED;
    page[slot] = entry;
    must("a read-only page", hypercall4(__HYPERVISOR_update_va_mapping, (long)page, (void*)mapping,
                                        (void*)UVMF_INVLPG, 0));
}

static void pin(table page) {
    struct mmuext_op operation = {.cmd = MMUEXT_PIN_L4_TABLE, .arg1.mfn = frame_of(page)};
    must("a top-level table",
         hypercall4(__HYPERVISOR_mmuext_op, (long)&operation, (void*)1, 0, DOMID_SELF));
}

static void make_user_tables(void) {
    uint64_t below = PRESENT | WRITABLE | USER | ACCESSED;
    for (long i = 0; i < floor_user_end - floor_user_begin; i++)
        user_code[i] = floor_user_begin[i];
    make_table_of(first, frame_of(user_code) * PAGE | PRESENT | USER | ACCESSED,
                  USER_ADDRESS / PAGE);
    make_table_of(second, frame_of(first) * PAGE | below, 0);
    make_table_of(third, frame_of(second) * PAGE | below, 0);
    make_table_of(top, frame_of(third) * PAGE | below, 0);
    make_table_of(other_top, 0, 0);
    pin(top);
    pin(other_top);
}

void print_floor(void) {
    hypercall4(__HYPERVISOR_vcpu_op, VCPUOP_stop_periodic_timer, 0, 0, 0);
    register_entries();
    make_user_tables();
    measure("hypercall xen_version", version);
    measure("multicall of two xen_version", multicall);
    measure("mmuext new_user_baseptr and tlb_flush_local", switch_table);
    mmuext(MMUEXT_NEW_USER_BASEPTR, frame_of(top), MMUEXT_TLB_FLUSH_LOCAL);
    measure_system_call();
    measure("mmuext tlb_flush_local", flush);
    measure("mmuext invlpg_local", flush_one);
    measure("mmuext clear_page", clear_page);
    measure("mmu_update of one entry", map_or_clear);
    measure("set_segment_base", segment_base);
    measure("set_singleshot_timer", timer);
    measure_event();
}
