// SPDX-License-Identifier: MIT
// Processors as user code sees them.
//
//               offer            start                      park
//     absent <--------> offered -----> starting ---> online ----> draining ---> parked
//       ^    withdraw                     ^            ^  ^           |           |
//       |                                 |            |  +-----------+           |
//       |                                 | start      |   unpark, failure        |
//       +------------- stopped -----------+            +--------- unpark ---------+
//          withdraw       ^                                                       |
//                         +-------------- draining <--- stop (also of online) ----+
//
// A stop of a parked one that fails leaves it parked.
#pragma once

#include <stdint.h>

namespace lavandin::abi {

enum class Processor_state : uint64_t {
    absent = 0,   // nobody has offered it
    offered = 1,  // it may be started
    starting = 2, // until it runs, or the platform refuses
    online = 3,   // takes threads
    draining = 4, // its threads, timers and interrupts are moving away
    parked = 5,   // blocked, but ready to go on at once; takes nothing
    stopped = 6,  // given back to the platform
};
inline constexpr unsigned processor_states = 7;

enum class Processor_action : uint64_t {
    offer = 0,
    withdraw = 1,
    start = 2,
    park = 3,
    unpark = 4, // also takes back a park or stop that is under way
    stop = 5,
};
inline constexpr unsigned processor_actions = 6;

// Written to the caller's message buffer by processor_information.
struct Processor_information {
    uint64_t number;
    uint64_t state;           // Processor_state
    uint64_t goal;            // while draining: what it will be
    uint64_t running;         // identifier of the thread that runs there; 0 for none
    uint64_t running_process; // and of its process
    uint64_t switches;
};

} // namespace lavandin::abi
