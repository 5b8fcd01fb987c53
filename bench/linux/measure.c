/* SPDX-License-Identifier: MIT */
#include "measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

static int compare(const void* a, const void* b) {
    const uint64_t left = *(const uint64_t*)a, right = *(const uint64_t*)b;
    return left < right ? -1 : left > right;
}

static void print(const char* name, const char* unit, uint64_t* samples, unsigned count,
                  unsigned operations, const char* stretch) {
    qsort(samples, count, sizeof *samples, compare);
    printf("BENCH {\"name\": \"%s\", \"unit\": \"%s\", \"iterations\": %u, \"min\": %llu, "
           "\"median\": %llu, \"max\": %llu%s}\n",
           name, unit, operations, (unsigned long long)samples[0],
           (unsigned long long)samples[count / 2], (unsigned long long)samples[count - 1], stretch);
    fflush(stdout);
}

void print_figure(const char* name, const char* unit, uint64_t* samples, unsigned count) {
    print(name, unit, samples, count, count, "");
}

void measure(const char* name, unsigned repeat, void (*operation)(void)) {
    static uint64_t samples[SAMPLES];
    operation();                                             /* whatever is made on first use */
    __asm__ volatile("nopl 0x4c415600(%%rax)" ::: "memory"); /* qemu-tests/counter */
    for (unsigned i = 0; i < SAMPLES; ++i) {
        const uint64_t begin = ticks();
        for (unsigned k = 0; k < repeat; ++k)
            operation();
        samples[i] = (ticks() - begin) / repeat;
    }
    __asm__ volatile("nopl 0x4c415601(%%rax)" ::: "memory");
    print(name, "ticks", samples, SAMPLES, SAMPLES * repeat, ", \"counted\": true");
}

void must(int good, const char* what) {
    if (good)
        return;
    printf("bench: %s: %s\n", what, strerror(errno));
    fflush(stdout);
    reboot(RB_AUTOBOOT);
    _exit(1);
}
