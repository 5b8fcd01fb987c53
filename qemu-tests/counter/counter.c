/* SPDX-License-Identifier: MIT */
/*
 * A QEMU plugin that counts what a guest on Xen does, from outside, by the addresses of what is
 * executed: the same way for every guest, whatever it knows of itself.
 *
 *   below the hole of non-canonical addresses        user code
 *   ffff'8000'0000'0000 .. ffff'87ff'ffff'ffff       Xen (xen/arch-x86/xen-x86_64.h)
 *   above                                            the guest's kernel
 *
 *   kernel entries   user code was executed, then kernel code: system calls, faults, interrupts
 *   hypercalls       `syscall` executed by kernel code, the one to leave the kernel included
 *   table loads      `mov` to cr3, by Xen on behalf of whomever: two an entry, for the two tables
 *                    that a guest has, and what the guest asks for
 *   longest          the most instructions, Xen's included, in one go of the guest's kernel: from
 *                    user code to user code again, or to a point at which the kernel looks for
 *                    events or waits for them
 *
 * A guest says with a no-op which stretch is meant: `nopl 0x4c415600(%rax)` begins one and
 * `nopl 0x4c415601(%rax)` ends it; its kernel marks the points at which it looks for events with
 * `nopl 0x4c415602(%rax)`. `nopl 0x4c415603(%rax)` ends a sample within a stretch: the longest go
 * is that of the middle one. Each stretch makes a line in QEMU's log (-d plugin):
 *
 *   COUNT {"entries": 64, "hypercalls": 64, "table_loads": 128, "longest": 887}
 *
 * and the first instruction of user code one of how many were executed since the first of the
 * guest's kernel: FIRST {"instructions": 4000000}.
 *
 * The declarations below are the part of QEMU's plugin interface, version 1, that is used here
 * (docs/devel/tcg-plugins.rst); Debian ships no header of it.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info;
enum qemu_plugin_op { add_u64 = 0 };
enum qemu_plugin_flags { no_registers = 0 };
typedef void (*on_translation)(qemu_plugin_id_t id, struct qemu_plugin_tb* block);
typedef void (*on_execution)(unsigned processor, void* data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, on_translation call);
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb* block, on_execution call,
                                          enum qemu_plugin_flags flags, void* data);
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb* block, enum qemu_plugin_op op,
                                              void* where, uint64_t value);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn* instruction, on_execution call,
                                            enum qemu_plugin_flags flags, void* data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn* instruction,
                                                enum qemu_plugin_op op, void* where,
                                                uint64_t value);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb* block);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb* block);
struct qemu_plugin_insn* qemu_plugin_tb_get_insn(const struct qemu_plugin_tb* block, size_t index);
const void* qemu_plugin_insn_data(const struct qemu_plugin_insn* instruction);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn* instruction);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn* instruction);
void qemu_plugin_outs(const char* text);

#define EXPORT __attribute__((visibility("default")))
EXPORT int qemu_plugin_version = 1;

static struct { uint64_t entries, hypercalls, table_loads; } now, begin;
static uint64_t instructions; /* executed; of a block that was left early, all of it */
static bool in_user, begun, first_said;
static uint64_t kernel_began;
static uint64_t go_began, longest; /* of the kernel: when it was entered or looked for events */

static void say(const char* format, uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    char line[160];
    snprintf(line, sizeof line, format, a, b, c, d);
    qemu_plugin_outs(line);
}

static void go_ends(void) {
    if (!in_user && instructions - go_began > longest)
        longest = instructions - go_began;
}

/* Of each sample the longest go; the middle one of them counts, because Xen may have had something
 * else to do during one. */
static uint64_t samples[64];
static size_t sample_count;

static void sample_ends(unsigned processor, void* data) {
    (void)processor, (void)data;
    if (sample_count < sizeof samples / sizeof *samples)
        samples[sample_count++] = longest;
    longest = 0;
}

static int compare(const void* a, const void* b) {
    uint64_t left = *(const uint64_t*)a, right = *(const uint64_t*)b;
    return left < right ? -1 : left > right;
}

static uint64_t middle_sample(void) {
    qsort(samples, sample_count, sizeof *samples, compare);
    return sample_count ? samples[sample_count / 2] : longest;
}

/* `data`: how many instructions the block has, which are not counted yet. */
static void user_runs(unsigned processor, void* data) {
    (void)processor;
    go_ends();
    go_began = instructions + (uint64_t)(uintptr_t)data;
    in_user = true;
    if (first_said || !begun)
        return;
    first_said = true;
    say("FIRST {\"instructions\": %" PRIu64 "}\n", instructions - kernel_began, 0, 0, 0);
}

static void kernel_runs(unsigned processor, void* data) {
    (void)processor, (void)data;
    now.entries += in_user;
    in_user = false;
    if (begun)
        return;
    begun = true;
    kernel_began = instructions;
}

static void looks_for_events(unsigned processor, void* data) {
    (void)processor, (void)data;
    go_ends();
    go_began = instructions;
}

static void stretch_begins(unsigned processor, void* data) {
    (void)processor, (void)data;
    longest = 0;
    sample_count = 0;
    begin.entries = now.entries;
    begin.hypercalls = now.hypercalls;
    begin.table_loads = now.table_loads;
}

static void stretch_ends(unsigned processor, void* data) {
    (void)processor, (void)data;
    say("COUNT {\"entries\": %" PRIu64 ", \"hypercalls\": %" PRIu64 ", \"table_loads\": %" PRIu64
        ", \"longest\": %" PRIu64 "}\n",
        now.entries - begin.entries, now.hypercalls - begin.hypercalls,
        now.table_loads - begin.table_loads, middle_sample());
}

enum place { in_user_code, in_xen, in_kernel };

static enum place place_of(uint64_t address) {
    if (address < UINT64_C(1) << 47)
        return in_user_code;
    return address >> 43 == UINT64_C(0xffff800000000000) >> 43 ? in_xen : in_kernel;
}

static bool begins_with(const struct qemu_plugin_insn* instruction, const char* bytes,
                        size_t count) {
    return qemu_plugin_insn_size(instruction) >= count &&
           memcmp(qemu_plugin_insn_data(instruction), bytes, count) == 0;
}

static void look_at(struct qemu_plugin_insn* instruction, enum place place) {
    if (place == in_kernel && begins_with(instruction, "\x0f\x05", 2))
        qemu_plugin_register_vcpu_insn_exec_inline(instruction, add_u64, &now.hypercalls, 1);
    if (place == in_user_code && begins_with(instruction, "\x0f\x1f\x80\x03VAL", 7))
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, sample_ends, no_registers, NULL);
    if (place == in_kernel && begins_with(instruction, "\x0f\x1f\x80\x02VAL", 7))
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, looks_for_events, no_registers, NULL);
    if (place == in_xen && begins_with(instruction, "\x0f\x22", 2)) {
        const unsigned char* bytes = qemu_plugin_insn_data(instruction);
        if ((bytes[2] >> 3 & 7) == 3) /* to cr3 */
            qemu_plugin_register_vcpu_insn_exec_inline(instruction, add_u64, &now.table_loads, 1);
    }
    if (place == in_user_code && begins_with(instruction, "\x0f\x1f\x80\x00VAL", 7))
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, stretch_begins, no_registers, NULL);
    if (place == in_user_code && begins_with(instruction, "\x0f\x1f\x80\x01VAL", 7))
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, stretch_ends, no_registers, NULL);
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb* block) {
    (void)id;
    enum place place = place_of(qemu_plugin_tb_vaddr(block));
    size_t count = qemu_plugin_tb_n_insns(block);
    if (place == in_user_code)
        qemu_plugin_register_vcpu_tb_exec_cb(block, user_runs, no_registers,
                                             (void*)(uintptr_t)count);
    if (place == in_kernel)
        qemu_plugin_register_vcpu_tb_exec_cb(block, kernel_runs, no_registers, NULL);
    qemu_plugin_register_vcpu_tb_exec_inline(block, add_u64, &instructions, count);
    for (size_t i = 0; i < count; ++i)
        look_at(qemu_plugin_tb_get_insn(block, i), place);
}

EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info* info, int count,
                               char** arguments);
int qemu_plugin_install(qemu_plugin_id_t id, const struct qemu_info* info, int count,
                        char** arguments) {
    (void)info, (void)count, (void)arguments;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    return 0;
}
