// SPDX-License-Identifier: MIT
// What the accounting pages say at one moment, as far as cooperation wants it. Plain data, so that
// what is made of it can be tested with made-up loads.
#pragma once

#include <array>
#include <lavandin/abi/accounting.hpp>
#include <lavandin/abi/processor.hpp>

namespace lavandin::resource_manager {

inline constexpr unsigned most_processors = 64;
inline constexpr unsigned most_threads = 64; // that are looked at one by one

// Times are nanoseconds, sums since the beginning.
struct Processor_observation {
    abi::Processor_state state;
    uint64_t busy;   // by the kernel: had threads to run; also while Xen ran somebody else
    uint64_t idle;   // had none
    uint64_t away;   // parked, stopped, not started
    uint64_t ran;    // by Xen: on a physical processor
    uint64_t stolen; // by Xen: wanted to
    uint64_t ready;  // threads in the queue just now, without whom the observer itself displaced
    bool running;    // somebody other than the observer runs there
    uint64_t switches;
    uint64_t wake_ups;
    uint64_t histogram[abi::Processor_counts::latencies]; // of latencies, by powers of two
};

struct Thread_observation {
    uint64_t identifier;
    uint64_t process;
    uint64_t time[abi::thread_phases]; // by Thread_phase
    uint64_t wake_ups;

    uint64_t ran() const { return time[static_cast<unsigned>(abi::Thread_phase::running)]; }
    uint64_t waited() const { return time[static_cast<unsigned>(abi::Thread_phase::waiting)]; }
    uint64_t all() const { return time[0] + time[1] + time[2] + time[3]; }
};

struct Observation {
    uint64_t time; // of the clock
    unsigned processor_count;
    unsigned thread_count;
    std::array<Processor_observation, most_processors> processors;
    std::array<Thread_observation, most_threads> threads;

    uint64_t mask(abi::Processor_state state) const {
        uint64_t bits = 0;
        for (unsigned number = 0; number < processor_count; ++number)
            if (processors[number].state == state)
                bits |= uint64_t{1} << number;
        return bits;
    }
};

} // namespace lavandin::resource_manager
