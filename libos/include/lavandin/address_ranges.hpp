// SPDX-License-Identifier: MIT
// Address_ranges: which stretches of an address range are in use. Pure bookkeeping.
#pragma once

#include <lavandin/abi/message.hpp>
#include <lavandin/abi/result.hpp>
#include <lavandin/environment.hpp>

#include <array>
#include <stddef.h>
#include <stdint.h>

namespace lavandin {

// First fit over at most `capacity` stretches, kept in order of address.
template <size_t capacity>
class Address_ranges {
public:
    constexpr Address_ranges() = default;
    constexpr explicit Address_ranges(Address_range whole) : _whole{whole} {}

    // Takes the lowest free stretch. `bytes`: a multiple of the page size, not 0.
    // Errors: invalid_argument (bytes), out_of_memory (no stretch is large enough), table_full.
    abi::Result<uint64_t> take(uint64_t bytes) {
        if (bytes == 0 || bytes % abi::page_size != 0)
            return abi::Error::invalid_argument;
        if (_count == capacity)
            return abi::Error::table_full;
        uint64_t begin = _whole.begin;
        for (size_t place = 0; place <= _count; ++place) {
            uint64_t const end = place < _count ? _used[place].begin : _whole.end;
            if (end - begin >= bytes) {
                insert(place, {begin, begin + bytes});
                return begin;
            }
            if (place < _count)
                begin = _used[place].end;
        }
        return abi::Error::out_of_memory;
    }

    // Gives back what take() answered. Errors: invalid_argument when nothing begins there.
    abi::Result<void> give_back(uint64_t begin) {
        for (size_t place = 0; place < _count; ++place) {
            if (_used[place].begin == begin) {
                remove(place);
                return {};
            }
        }
        return abi::Error::invalid_argument;
    }

    size_t count() const { return _count; }

private:
    void insert(size_t place, Address_range range) {
        for (size_t i = _count++; i > place; --i)
            _used[i] = _used[i - 1];
        _used[place] = range;
    }

    void remove(size_t place) {
        for (--_count; place < _count; ++place)
            _used[place] = _used[place + 1];
    }

    Address_range _whole{};
    std::array<Address_range, capacity> _used{};
    size_t _count{0};
};

} // namespace lavandin
