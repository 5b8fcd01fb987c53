// SPDX-License-Identifier: MIT
// Reading the clock page. Every look at memory and at the counter goes through `Access`, so that a
// test can put anything between any two of them:
//
//   T load(T const&)     one plain read, not left out and not moved
//   uint64_t counter()   of the processor that executes this, after all earlier loads
#pragma once

#include <lavandin/abi/clock_page.hpp>

namespace lavandin {

// What belongs together of the page: the time, and what is added for time since 1970.
struct Clock_reading {
    uint64_t now;
    uint64_t wall_offset;
};

template <typename Access>
class Clock_reader {
public:
    // `placement`: of the thread that reads.
    Clock_reader(abi::Clock_page const& page, uint64_t const& placement, Access& access)
        : _page{page}, _placement{placement}, _access{access} {}

    // Processors beyond the page have no record: false, and there is no reading.
    bool read(Clock_reading& reading) {
        for (;;) {
            abi::Placement const placement{_access.load(_placement)};
            if (placement.processor() >= abi::Clock_page::most_processors)
                return false;
            if (read_record(_page.records[placement.processor()], reading) &&
                _access.load(_placement) == placement.raw())
                return true;
        }
    }

private:
    static bool odd(uint32_t version) { return (version & 1) != 0; }

    static uint64_t scale(uint64_t ticks, uint32_t multiplier, int8_t shift) {
        ticks = shift < 0 ? ticks >> -shift : ticks << shift;
        return static_cast<uint64_t>(static_cast<__uint128_t>(ticks) * multiplier >> 32);
    }

    // False when record or page changed meanwhile.
    bool read_record(abi::Clock_record const& record, Clock_reading& reading) {
        uint32_t const page_version = _access.load(_page.version);
        uint32_t const version = _access.load(record.version);
        uint64_t const begin = _access.load(record.counter);
        uint64_t const time = _access.load(record.time);
        uint32_t const multiplier = _access.load(record.multiplier);
        int8_t const shift = _access.load(record.shift);
        uint64_t const origin = _access.load(_page.origin);
        reading.wall_offset = _access.load(_page.wall_offset);
        uint64_t const latest = _access.load(_page.latest);
        uint64_t const ticks = _access.counter() - begin;
        if (odd(version) || odd(page_version) || _access.load(record.version) != version ||
            _access.load(_page.version) != page_version)
            return false;
        uint64_t const now = time + scale(ticks, multiplier, shift) - origin;
        reading.now = now > latest ? now : latest;
        return true;
    }

    abi::Clock_page const& _page;
    uint64_t const& _placement;
    Access& _access;
};

} // namespace lavandin
