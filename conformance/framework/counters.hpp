// SPDX-License-Identifier: MIT
// What must be the same after a test as it was before.
#pragma once

#include <lavandin/abi/process.hpp>
#include <lavandin/system_calls.hpp>

namespace conformance {

using namespace lavandin;

struct Counters {
    uint64_t objects[object_types]; // by Object_type
    uint64_t frames;                // free, or empty tables in the pool
    uint64_t page_tables;           // in use
    uint64_t quota_used;            // by this process

    bool operator==(Counters const&) const = default;
};

// Errors: those of system_information and process_information.
Result<Counters> count(Capability_index system);

// When nothing changes any more: what has ended goes in steps, on whatever processor. Errors: those
// of count; timed_out: there is no end of it.
Result<Counters> count_at_rest(Capability_index system);

// Notes each difference.
void describe(Counters const& before, Counters const& after);

// Has the kernel make what it makes once and keeps: the tables of its window on frames, as far as
// `bytes` of kernel memory of this process reach.
Result<void> warm_up(uint64_t bytes);

} // namespace conformance
