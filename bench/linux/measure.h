/* SPDX-License-Identifier: MIT */
/* Measuring on Linux as bench/measure.hpp does on Lavandin: the same lines, the same stretches. */
#pragma once

#include <stdint.h>

enum { SAMPLES = 64 };

static inline uint64_t ticks(void) {
    uint32_t low, high;
    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

/* Runs `operation` once, then SAMPLES times `repeat` times, and prints the figure of one. */
void measure(const char* name, unsigned repeat, void (*operation)(void));

/* A figure that was measured otherwise. */
void print_figure(const char* name, const char* unit, uint64_t* samples, unsigned count);

/* The program ends, and the machine, when `good` is false. */
void must(int good, const char* what);
