// SPDX-License-Identifier: MIT
// What the domain builder must know (xen/elfnote.h). Read by libxl's builder and by Xen's own for
// the initial domain.

#include "layout.h"

    .macro NOTE_TEXT type, text
    .balign 4
    .long 4, 2f - 1f, \type
    .asciz "Xen"
1:  .asciz "\text"
2:  .balign 4
    .endm

    .macro NOTE_NUMBER type, value
    .balign 4
    .long 4, 8, \type
    .asciz "Xen"
    .quad \value
    .balign 4
    .endm

    .section .note.Xen, "a", @note
    NOTE_TEXT 6, "Lavandin"           // GUEST_OS
    NOTE_TEXT 7, "0.1"                // GUEST_VERSION
    NOTE_TEXT 5, "xen-3.0"            // XEN_VERSION: of the interface
    NOTE_TEXT 8, "generic"            // LOADER
    NOTE_TEXT 9, "yes"                // PAE_MODE
    NOTE_NUMBER 1, start_of_day       // ENTRY
    NOTE_NUMBER 2, hypercall_page     // HYPERCALL_PAGE
    NOTE_NUMBER 3, KERNEL_BASE        // VIRT_BASE
    NOTE_NUMBER 4, KERNEL_BASE        // PADDR_OFFSET
    NOTE_NUMBER 15, P2M_BASE          // INIT_P2M: away from the kernel, so that it can be large

    .section .note.GNU-stack, "", @progbits
