/* SPDX-License-Identifier: MIT */
/* What the stub's two parts have of each other. */
#pragma once

#include <stdint.h>
#include <xen/xen.h>

/* Xen's shared_info, once it is mapped. */
union shared_page {
    struct shared_info info;
    char page[4096];
};
extern union shared_page shared;
extern const struct start_info* start_info;

long hypercall4(unsigned number, long a, const void* b, const void* c, long d);
void say(const char* text);

/* Prints the costs of the things a kernel cannot avoid under Xen, as BENCH lines. */
void print_floor(void);
