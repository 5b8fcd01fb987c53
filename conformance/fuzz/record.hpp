// SPDX-License-Identifier: MIT
// What a process that makes calls at random leaves behind, in memory that it shares with the test.
#pragma once

#include "fuzz/generator.hpp"

namespace conformance {

struct Fuzz_record {
    static constexpr unsigned threads = 3;
    static constexpr uint64_t bytes = 8192;

    // What the process is given.
    struct Gift {
        fuzz::Capability_index slot;
        fuzz::Object_type type;
    };

    struct Last {
        uint64_t position; // of the call in its thread, from 1 on
        uint64_t number;
        uint64_t words[6];
        uint64_t done; // 1 once it has answered
    };

    // Set by the test.
    uint64_t budget; // calls to make
    uint64_t seed;
    Gift gifts[16];                 // up to the first whose slot is 0
    fuzz::System_call excluded[16]; // calls that are not to be made; `null` ends the list

    uint64_t started; // calls, of all threads together
    uint64_t made;    // that have answered
    uint64_t good;    // of these, whose slots all held what the call wants
    uint64_t rescues; // calls by which threads that waited for ever were helped on

    // By call, as in the table; the last stands for numbers that are in no table.
    uint32_t succeeded[fuzz::calls + 1];
    uint32_t failed[fuzz::calls + 1];
    uint64_t answers[fuzz::calls + 1]; // a bit per Error; bit 63: no Error at all

    Last last[threads];
};

// Where it lies in every process that knows it.
inline constexpr uint64_t fuzz_record_address = 0x4300'0000;
inline Fuzz_record& fuzz_record() { return *reinterpret_cast<Fuzz_record*>(fuzz_record_address); }

static_assert(sizeof(Fuzz_record) <= Fuzz_record::bytes);

} // namespace conformance
