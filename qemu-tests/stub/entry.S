/* SPDX-License-Identifier: MIT */
/* Entry and ELF notes of the rig's own test guest: see xen/elfnote.h for the notes. */

    .section .bss, "aw", @nobits
    .balign 16
stack:
    .skip 16384
stack_end:

    .section .text.hypercall, "ax", @progbits
    .balign 4096
    .globl hypercall_page
hypercall_page:
    .skip 4096

    .text
    .globl start
start:
    cld
    lea stack_end(%rip), %rsp
    mov %rsi, %rdi              /* struct start_info, from Xen */
    xor %ebp, %ebp
    call stub_main
    ud2

.macro note type, size:vararg
    .balign 4
    .long 4, 2f - 1f, \type
    .asciz "Xen"
1:  \size
2:  .balign 4
.endm

    .section .note.Xen, "a", @note
    note 6, .asciz "stub"               /* XEN_ELFNOTE_GUEST_OS */
    note 5, .asciz "xen-3.0"            /* XEN_ELFNOTE_XEN_VERSION */
    note 8, .asciz "generic"            /* XEN_ELFNOTE_LOADER */
    note 9, .asciz "yes"                /* XEN_ELFNOTE_PAE_MODE */
    note 3, .quad 0xffffffff80000000    /* XEN_ELFNOTE_VIRT_BASE */
    note 4, .quad 0xffffffff80000000    /* XEN_ELFNOTE_PADDR_OFFSET */
    note 1, .quad start                 /* XEN_ELFNOTE_ENTRY */
    note 2, .quad hypercall_page        /* XEN_ELFNOTE_HYPERCALL_PAGE */
    note 17, .long 1 << 11              /* XEN_ELFNOTE_SUPPORTED_FEATURES: dom0 */
    .section .note.GNU-stack, "", @progbits
