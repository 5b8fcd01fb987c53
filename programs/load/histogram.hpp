// SPDX-License-Identifier: MIT
// How often times were how long: buckets of an eighth of an octave, so that a percentile read from
// it is at most 13 % too long.
#pragma once

#include <atomic>
#include <bit>
#include <stdint.h>

namespace load {

class Histogram {
public:
    static constexpr unsigned parts = 8; // of an octave
    static constexpr unsigned buckets = 30 * parts;

    // Bucket b >= 8 holds times from (8 + b % 8) << (b / 8 - 1) on; those below 8 are exact.
    static constexpr unsigned bucket_of(uint64_t time) {
        if (time < parts)
            return static_cast<unsigned>(time);
        unsigned const octave = static_cast<unsigned>(std::bit_width(time)) - 4;
        unsigned const bucket =
            (octave + 1) * parts + static_cast<unsigned>(time >> octave) % parts;
        return bucket < buckets ? bucket : buckets - 1;
    }

    void add(uint64_t time) { _counts[bucket_of(time)].fetch_add(1, std::memory_order_relaxed); }
    uint32_t count(unsigned bucket) const {
        return _counts[bucket].load(std::memory_order_relaxed);
    }

private:
    std::atomic<uint32_t> _counts[buckets]{};
};

} // namespace load
