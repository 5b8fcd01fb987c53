// SPDX-License-Identifier: MIT
// The program that members of groups run.

    .section .rodata.member_image, "a", @progbits
    .balign 16
    .globl member_image_begin
    .hidden member_image_begin
    .type member_image_begin, @object
member_image_begin:
    .incbin MEMBER_IMAGE
    .size member_image_begin, . - member_image_begin
    .globl member_image_end
    .hidden member_image_end
member_image_end:

    .section .note.GNU-stack, "", @progbits
