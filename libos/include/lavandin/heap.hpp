// SPDX-License-Identifier: MIT
// Heap: the stretch of memory that malloc gets its blocks from, grown at its end. Pure bookkeeping;
// where memory comes from is the template's argument.
#pragma once

#include <lavandin/abi/message.hpp>
#include <lavandin/abi/result.hpp>
#include <lavandin/environment.hpp>

#include <stdint.h>

namespace lavandin {

template <typename Source>
concept Heap_source = requires(Source& source, uint64_t address, uint64_t bytes) {
    // Makes [address, address + bytes) usable, or changes nothing.
    { source.provide(address, bytes) } -> std::same_as<abi::Result<void>>;
};

// Memory is asked for in steps, so that small requests do not each cost a call; the steps grow with
// the heap, so that a large one is not made of many regions, of which a process has only so many.
// What was once obtained is kept, since malloc uses it again.
template <Heap_source Source>
class Heap {
public:
    // A step that a machine of 16 MiB can afford in every process.
    static constexpr uint64_t first_step_bytes = 32 * 1024;
    // Later ones are this part of what there is: so much may be unused.
    static constexpr uint64_t growth = 4;
    // The greatest region there is (memory_create).
    static constexpr uint64_t maximum_region_bytes = 16 << 20;

    constexpr Heap() = default;
    constexpr Heap(Source source, Address_range range)
        : _source{source}, _range{range}, _break{range.begin}, _mapped{range.begin} {}

    // Moves the end of the heap by `bytes`, which may be negative; answers where it was before.
    // Errors: invalid_argument when it would come to lie outside the heap's range, and those of the
    // source. After an error the end is where it was.
    abi::Result<uint64_t> grow(int64_t bytes) {
        if (bytes < 0 ? uint64_t{0} - static_cast<uint64_t>(bytes) > _break - _range.begin
                      : static_cast<uint64_t>(bytes) > _range.end - _break)
            return abi::Error::invalid_argument;
        uint64_t const old = _break;
        uint64_t const wanted = old + static_cast<uint64_t>(bytes);
        while (_mapped < wanted)
            TRY_VOID(extend(wanted - _mapped));
        _break = wanted;
        return old;
    }

    uint64_t used_bytes() const { return _break - _range.begin; }
    uint64_t mapped_bytes() const { return _mapped - _range.begin; }

private:
    static constexpr uint64_t round_up(uint64_t value, uint64_t unit) {
        return (value + unit - 1) / unit * unit;
    }

    uint64_t step_bytes() const {
        uint64_t const part = round_up(mapped_bytes() / growth, abi::page_size);
        return part > first_step_bytes ? part : first_step_bytes;
    }

    // Adds one region. When a generous one is not to be had, a small step or the pages really
    // needed may be.
    abi::Result<void> extend(uint64_t bytes) {
        uint64_t const most = smaller(maximum_region_bytes, _range.end - _mapped);
        uint64_t const needed = smaller(round_up(bytes, abi::page_size), most);
        uint64_t const small = smaller(round_up(bytes, first_step_bytes), most);
        uint64_t const generous = smaller(round_up(bytes, step_bytes()), most);
        for (uint64_t const size : {generous, small, needed}) {
            auto const result = _source.provide(_mapped, size);
            if (result.ok()) {
                _mapped += size;
                return {};
            }
            if (size == needed)
                return result;
        }
        return abi::Error::out_of_memory;
    }

    static constexpr uint64_t smaller(uint64_t a, uint64_t b) { return a < b ? a : b; }

    Source _source{};
    Address_range _range{};
    uint64_t _break{0};
    uint64_t _mapped{0};
};

} // namespace lavandin
