// SPDX-License-Identifier: MIT
// The page out of which user code reads the clock without a system call. The platform keeps a
// record per processor up to date, also while user code runs there:
//
//   time = record.time + scale(counter - record.counter) - origin,  at least `latest`
//
// A record holds for the processor it belongs to, and only while that is the same physical one: the
// platform writes it anew when that changes. So a reader takes the processor from its thread's
// Placement and begins again when placement or a version has changed, or a version is odd.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace lavandin::abi {

// Where a thread runs, in its message buffer: bits 0..15 the processor, bits 16..63 how often the
// thread was moved to another, so that there and back is not taken for having stayed.
class Placement {
public:
    constexpr Placement() = default;
    constexpr explicit Placement(uint64_t raw) : _raw{raw} {}

    constexpr uint64_t processor() const { return _raw & 0xffff; }
    constexpr Placement moved_to(uint64_t processor) const {
        return Placement{((_raw >> 16) + 1) << 16 | processor};
    }
    constexpr uint64_t raw() const { return _raw; }

private:
    uint64_t _raw{0};
};

// Written by the platform.
struct Clock_record {
    uint8_t reserved_before[32];
    uint32_t version; // odd while the record is being written
    uint32_t reserved;
    uint64_t counter;    // of the processor, when the record was made
    uint64_t time;       // of the platform's clock then, nanoseconds
    uint32_t multiplier; // nanoseconds = (ticks << shift) * multiplier / 2^32
    int8_t shift;        // to the right when negative
    uint8_t reserved_after[3];
};

// What one maps to have all of a Clock_page.
inline constexpr uint64_t clock_page_bytes = 2 * 4096;

// The rest is written by the kernel.
struct Clock_page {
    static constexpr uint64_t most_processors = 64;

    uint32_t version; // odd while `origin` or `wall_offset` changes
    uint32_t reserved;
    uint64_t origin;       // of the clock on the platform's clock
    uint64_t latest;       // the kernel has told somebody this time: nobody may be told less
    uint64_t wall_offset;  // nanoseconds to add for time since 1970
    uint64_t wall_checked; // when the kernel looked at it last, by the clock
    uint64_t reserved_words[3];
    Clock_record records[most_processors];
    // Nothing else of the kernel lies in these pages.
    uint8_t unused[clock_page_bytes - 64 - most_processors * sizeof(Clock_record)];
};

static_assert(sizeof(Clock_record) == 64);
static_assert(offsetof(Clock_page, records) == 64);
static_assert(sizeof(Clock_page) == clock_page_bytes);

} // namespace lavandin::abi
