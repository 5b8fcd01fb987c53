// SPDX-License-Identifier: MIT
// A first-in first-out queue of bounded size, without allocation.
#pragma once

#include <stddef.h>

namespace lavandin {

template <typename T, size_t limit>
class Fixed_queue {
public:
    size_t size() const { return _size; }
    size_t space() const { return limit - _size; }
    bool empty() const { return _size == 0; }
    bool full() const { return _size == limit; }

    // False, and nothing changed, when the queue is full.
    [[nodiscard]] bool push(T const& value) {
        if (full())
            return false;
        _items[(_first + _size++) % limit] = value;
        return true;
    }

    // Only when not empty.
    T& front() { return _items[_first]; }
    T const& at(size_t index) const { return _items[(_first + index) % limit]; }

    // Drops the first `count` (at most size()) items.
    void drop(size_t count = 1) {
        _first = (_first + count) % limit;
        _size -= count;
    }

    void clear() { _size = 0; }

    // The first items that lie in one piece: their number, at `begin`.
    size_t contiguous(T const*& begin) const {
        begin = &_items[_first];
        return _size < limit - _first ? _size : limit - _first;
    }

private:
    T _items[limit]{};
    size_t _first{0};
    size_t _size{0};
};

} // namespace lavandin
