// SPDX-License-Identifier: MIT
// Scheduling modules as the build makes them.

    .macro policy_file symbol, name
    .section .rodata.policy_files, "a", @progbits
    .balign 16
    .globl \symbol\()_begin
    .hidden \symbol\()_begin
    .type \symbol\()_begin, @object
\symbol\()_begin:
    .incbin "\name"
    .size \symbol\()_begin, . - \symbol\()_begin
    .globl \symbol\()_end
    .hidden \symbol\()_end
\symbol\()_end:
    .endm

    policy_file policy_deadlines, deadlines
    policy_file policy_share, share
    policy_file policy_fixed_priority, fixed-priority
    policy_file policy_by_share, by-share
    policy_file policy_strict_order, strict-order
    policy_file policy_liar, liar
    policy_file policy_lying_coordinator, lying-coordinator

    .section .note.GNU-stack, "", @progbits
