// SPDX-License-Identifier: MIT
// Entities by key, the least first, as a pairing heap in their own words: insertion in constant
// time, removal of any in amortised logarithmic time. Equal keys: first come, first served. Keys
// may wrap around as long as all lie within half of the range. All zero is an empty heap.
//
//            root (least)
//             |  child
//             a --sibling--> b --sibling--> c        each with children of its own
//
// `back` points to the parent for a first child and to the left sibling for others.
#pragma once

#include <policy/own.hpp>

namespace policy {

// Stands first in what a module keeps in an entity.
struct Heap_link {
    Policy_entity* child;
    Policy_entity* sibling;
    Policy_entity* back;
    uint64_t key;
    uint64_t arrival;
};

class Heap {
public:
    Policy_entity* least() const { return _root; }
    bool empty() const { return _root == nullptr; }
    static uint64_t key(Policy_entity& entity) { return link(entity).key; }

    void insert(Policy_entity& entity, uint64_t key) {
        link(entity) = {nullptr, nullptr, nullptr, key, ++_arrivals};
        _root = _root ? &meld(*_root, entity) : &entity;
    }

    void remove(Policy_entity& entity) {
        if (&entity == _root) {
            _root = merge_children(entity);
            return;
        }
        detach(entity);
        if (Policy_entity* const children = merge_children(entity))
            _root = &meld(*_root, *children);
    }

private:
    static Heap_link& link(Policy_entity& entity) { return own<Heap_link>(entity); }

    static bool goes_first(Policy_entity& a, Policy_entity& b) {
        return link(a).key == link(b).key ? link(a).arrival < link(b).arrival
                                          : before(link(a).key, link(b).key);
    }

    static Policy_entity& meld(Policy_entity& a, Policy_entity& b) {
        bool const swap = goes_first(b, a);
        Policy_entity& parent = swap ? b : a;
        Policy_entity& child = swap ? a : b;
        link(child).sibling = link(parent).child;
        if (link(child).sibling)
            link(*link(child).sibling).back = &child;
        link(child).back = &parent;
        link(parent).child = &child;
        link(parent).sibling = link(parent).back = nullptr;
        return parent;
    }

    static void detach(Policy_entity& entity) {
        Heap_link& gone = link(entity);
        if (link(*gone.back).child == &entity)
            link(*gone.back).child = gone.sibling;
        else
            link(*gone.back).sibling = gone.sibling;
        if (gone.sibling)
            link(*gone.sibling).back = gone.back;
        gone.sibling = gone.back = nullptr;
    }

    // Melds the children pairwise from the left, then the pairs from the right.
    static Policy_entity* merge_children(Policy_entity& entity) {
        Policy_entity* pairs = nullptr;
        Policy_entity* next = link(entity).child;
        link(entity).child = nullptr;
        while (next) {
            Policy_entity* const a = next;
            Policy_entity* const b = link(*a).sibling;
            next = b ? link(*b).sibling : nullptr;
            link(*a).sibling = link(*a).back = nullptr;
            if (b)
                link(*b).sibling = link(*b).back = nullptr;
            Policy_entity& pair = b ? meld(*a, *b) : *a;
            link(pair).sibling = pairs;
            pairs = &pair;
        }
        Policy_entity* result = nullptr;
        while (pairs) {
            Policy_entity& pair = *pairs;
            pairs = link(pair).sibling;
            link(pair).sibling = nullptr;
            result = result ? &meld(*result, pair) : &pair;
        }
        return result;
    }

    Policy_entity* _root;
    uint64_t _arrivals;
};

} // namespace policy
