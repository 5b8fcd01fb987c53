// SPDX-License-Identifier: MIT
// Ready threads of one processor, by priority, first come first served within one.
//
//   _occupied   bit p is set when list p has somebody, so that the highest is found in one step
#pragma once

#include <kernel/list.hpp>
#include <stdint.h>

namespace kernel {

template <typename Element, typename Tag>
class Run_queue {
public:
    static constexpr unsigned priorities = 32;
    static constexpr int nobody = -1;

    void push_back(Element& element, unsigned priority) {
        _lists[priority].push_back(element);
        ++_length;
        set_occupied(occupied() | 1U << priority);
    }

    void push_front(Element& element, unsigned priority) {
        _lists[priority].push_front(element);
        ++_length;
        set_occupied(occupied() | 1U << priority);
    }

    void remove(Element& element, unsigned priority) {
        _lists[priority].remove(element);
        --_length;
        update(priority);
    }

    // Who is first of the highest priority, or nullptr.
    Element* front() { return occupied() ? _lists[highest()].front() : nullptr; }
    // Those of one priority, in order.
    Element* first_of(unsigned priority) { return _lists[priority].front(); }
    Element* next(Element& element, unsigned priority) { return _lists[priority].next(element); }

    Element* pop_highest() {
        if (!occupied())
            return nullptr;
        unsigned const priority = static_cast<unsigned>(highest());
        Element* const first = _lists[priority].pop_front();
        --_length;
        update(priority);
        return first;
    }

    // Highest priority that has somebody, or `nobody`. These may be asked without a lock; the
    // answer is as old as can be.
    int highest() const {
        uint32_t const some = occupied();
        return some ? 31 - __builtin_clz(some) : nobody;
    }
    uint64_t length() const { return _length; }
    bool occupied(unsigned priority) const { return (occupied() >> priority & 1) != 0; }

private:
    friend struct Outside_access;

    uint32_t occupied() const { return __atomic_load_n(&_occupied, __ATOMIC_RELAXED); }
    void set_occupied(uint32_t some) { __atomic_store_n(&_occupied, some, __ATOMIC_RELAXED); }
    void update(unsigned priority) {
        if (_lists[priority].empty())
            set_occupied(occupied() & ~(1U << priority));
    }

    uint64_t _length{0};
    uint32_t _occupied{0};
    List<Element, Tag> _lists[priorities];
};

} // namespace kernel
