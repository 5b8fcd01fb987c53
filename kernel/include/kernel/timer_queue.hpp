// SPDX-License-Identifier: MIT
// Deadlines in order, as an intrusive pairing heap: insertion in constant time, removal of any node
// in amortised logarithmic time, no allocation.
//
//            root (earliest)
//             |  child
//             a --sibling--> b --sibling--> c        each with children of its own
//
// `_back` points to the parent for a first child and to the left sibling for others.
#pragma once

#include <kernel/types.hpp>

namespace kernel {

class Timer_node {
public:
    bool armed() const { return _armed; }
    Time deadline() const { return _deadline; }

private:
    friend class Timer_queue;
    Timer_node* _child{nullptr};
    Timer_node* _sibling{nullptr};
    Timer_node* _back{nullptr};
    Time _deadline{never};
    bool _armed{false};
};

class Timer_queue {
public:
    bool empty() const { return _root == nullptr; }
    Time first_deadline() const { return _root ? _root->_deadline : never; }

    void insert(Timer_node& node, Time deadline) {
        node._child = node._sibling = node._back = nullptr;
        node._deadline = deadline;
        node._armed = true;
        _root = _root ? meld(*_root, node) : &node;
    }

    void remove(Timer_node& node) {
        if (&node == _root) {
            _root = merge_children(node);
        } else {
            detach(node);
            if (Timer_node* const children = merge_children(node))
                _root = meld(*_root, *children);
        }
        node._armed = false;
    }

    // The earliest node if its deadline is not after `now`, else nullptr.
    Timer_node* due(Time now) const { return _root && _root->_deadline <= now ? _root : nullptr; }

    // The earliest node whose deadline is not after `now`, removed; nullptr when there is none.
    Timer_node* expire(Time now) {
        Timer_node* const first = due(now);
        if (first)
            remove(*first);
        return first;
    }

private:
    static Timer_node* meld(Timer_node& a, Timer_node& b) {
        Timer_node& parent = b._deadline < a._deadline ? b : a;
        Timer_node& child = &parent == &a ? b : a;
        child._sibling = parent._child;
        if (child._sibling)
            child._sibling->_back = &child;
        child._back = &parent;
        parent._child = &child;
        parent._sibling = parent._back = nullptr;
        return &parent;
    }

    static void detach(Timer_node& node) {
        if (node._back->_child == &node)
            node._back->_child = node._sibling;
        else
            node._back->_sibling = node._sibling;
        if (node._sibling)
            node._sibling->_back = node._back;
        node._sibling = node._back = nullptr;
    }

    // Melds the children pairwise from the left, then the pairs from the right.
    static Timer_node* merge_children(Timer_node& node) {
        Timer_node* pairs = nullptr;
        Timer_node* next = node._child;
        node._child = nullptr;
        while (next) {
            Timer_node* const a = next;
            Timer_node* const b = a->_sibling;
            next = b ? b->_sibling : nullptr;
            a->_sibling = a->_back = nullptr;
            if (b)
                b->_sibling = b->_back = nullptr;
            Timer_node* const pair = b ? meld(*a, *b) : a;
            pair->_sibling = pairs;
            pairs = pair;
        }
        Timer_node* result = nullptr;
        while (pairs) {
            Timer_node* const rest = pairs->_sibling;
            pairs->_sibling = nullptr;
            result = result ? meld(*result, *pairs) : pairs;
            pairs = rest;
        }
        return result;
    }

    Timer_node* _root{nullptr};
};

} // namespace kernel
