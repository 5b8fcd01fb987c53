// SPDX-License-Identifier: MIT
// Scheduling classes, and what can be asked about the modules that order them.
#pragma once

#include <stdint.h>

namespace lavandin::abi {

// A class is a set of threads that one module orders.
inline constexpr uint64_t scheduling_classes = 4;
inline constexpr uint64_t fixed_priority_class = 0; // parameter: the priority. All begin here
inline constexpr uint64_t share_class = 1;          // parameter: a weight
// Two more, for whoever brings a module; shares like share_class until then.
inline constexpr uint64_t first_free_class = 2;

// Places for modules: the classes, and
inline constexpr uint64_t coordinator_place = scheduling_classes;
inline constexpr uint64_t policy_places = scheduling_classes + 1;

inline constexpr uint64_t usual_weight = 100;
inline constexpr uint64_t greatest_weight = 10'000;

// Of shares: the processor as a whole.
inline constexpr uint64_t whole_share = 1000;

// What was wrong with a module's answer.
enum class Policy_violation : uint32_t {
    none = 0,
    picked_nobody = 1,   // although threads are ready
    picked_stranger = 2, // a handle that no ready thread of this class has on this processor
    slice_out_of_range = 3,
    answer_not_boolean = 4,
    wrong_count = 5,     // of entities in its set
    thread_left_out = 6, // did not pick a ready thread within the time it promised
    chose_no_class = 7,  // a coordinator named a class that has no ready thread
    budget_out_of_range = 8,
    class_left_out = 9, // a coordinator did not choose a ready class for longest_wait
    end = 10,           // one past the last; never answered
};

// Written to the caller's message buffer by policy_information and class_information.
struct Policy_information {
    char name[16];          // NUL-padded
    uint64_t kind;          // Policy_kind
    uint64_t built_in;      // 1: it came with the kernel
    uint64_t place;         // where it is installed; policy_places: nowhere
    uint64_t violation;     // Policy_violation that retired it
    uint64_t installations; // how often it was installed
    uint64_t picks;         // how often it said who goes next
    uint64_t ready;         // threads in its sets now
    uint64_t least_parameter;
    uint64_t greatest_parameter;
    uint64_t usual_parameter;
    uint64_t share;       // thousandths, of its class
    uint64_t retirements; // of the place, since boot
};

} // namespace lavandin::abi
