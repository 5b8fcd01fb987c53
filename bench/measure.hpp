// SPDX-License-Identifier: MIT
// Measuring: an operation is repeated, each time by itself; the result goes out as one line that
// `./lavandin bench` reads:
//
//   BENCH {"name": "null system call", "unit": "ticks", "iterations": 64, "min": .., "median": ..,
//          "max": .., "counted": true, "entries": .., "hypercalls": .., "table_switches": ..}
//
// Ticks are those of the time stamp counter. In the deterministic mode one tick is one instruction,
// Xen's included. Counts are the kernel's own; `counted` says that the stretch was marked, too, for
// somebody outside who counts (qemu-tests/counter).
#pragma once

#include <stdint.h>

namespace bench {

inline uint64_t ticks() {
    uint32_t low, high;
    asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
    return uint64_t{high} << 32 | low;
}

class Measurement {
public:
    static constexpr unsigned iterations = 64;

    // Of `repeat` operations a sample, so that a sample is long beside reading the counter.
    Measurement(char const* name, unsigned repeat = 1, unsigned samples = iterations)
        : _name{name}, _repeat{repeat}, _count{samples} {}

    template <typename Operation>
    void run(Operation operation) {
        operation(); // whatever is made on first use
        begin();
        asm volatile("nopl 0x4c415600(%%rax)" ::: "memory");
        for (unsigned i = 0; i < _count; ++i) {
            uint64_t const start = ticks();
            for (unsigned k = 0; k < _repeat; ++k)
                operation();
            _samples[i] = (ticks() - start) / _repeat;
            asm volatile("nopl 0x4c415603(%%rax)" ::: "memory");
        }
        asm volatile("nopl 0x4c415601(%%rax)" ::: "memory");
        finish();
    }

private:
    void begin();  // notes the system's counters
    void finish(); // prints

    struct Counters {
        uint64_t entries;
        uint64_t hypercalls;
        uint64_t table_switches;
    };
    static Counters counters();

    char const* _name;
    unsigned _repeat;
    unsigned _count; // of samples
    Counters _before{};
    uint64_t _samples[iterations]{};
};

// A figure that was measured otherwise, with its 99th percentile. Sorts the samples.
void print_figure(char const* name, char const* unit, uint64_t* samples, unsigned count);

} // namespace bench
