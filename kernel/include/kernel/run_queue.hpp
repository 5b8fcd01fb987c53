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
        _occupied |= 1U << priority;
    }

    void push_front(Element& element, unsigned priority) {
        _lists[priority].push_front(element);
        _occupied |= 1U << priority;
    }

    void remove(Element& element, unsigned priority) {
        _lists[priority].remove(element);
        update(priority);
    }

    // Who is first of the highest priority, or nullptr.
    Element* front() { return _occupied ? _lists[highest()].front() : nullptr; }

    Element* pop_highest() {
        if (!_occupied)
            return nullptr;
        unsigned const priority = static_cast<unsigned>(highest());
        Element* const first = _lists[priority].pop_front();
        update(priority);
        return first;
    }

    // Highest priority that has somebody, or `nobody`.
    int highest() const { return _occupied ? 31 - __builtin_clz(_occupied) : nobody; }
    bool occupied(unsigned priority) const { return (_occupied >> priority & 1) != 0; }

private:
    void update(unsigned priority) {
        if (_lists[priority].empty())
            _occupied &= ~(1U << priority);
    }

    uint32_t _occupied{0};
    List<Element, Tag> _lists[priorities];
};

} // namespace kernel
