// SPDX-License-Identifier: MIT
// Who has what from whom: a tree in which everything that was made from a capability hangs below
// it. Making a child, removing a node and finding a first child take constant time.
//
//           a                  first, last: the ends of the line of children
//           | first  last      next, back:  the neighbours in that line; at its ends they point
//           v           \                   up to the parent, marked by bit 0
//     a <-- b <-> c <-> d --> a
//
// A node that is removed leaves its children in its place, so they become its parent's. A node
// without a parent may have neighbours for that reason; their line ends at nothing.
//
// Pure logic: the caller provides the locking.
#pragma once

#include <stdint.h>

namespace kernel {

class Derivation_node {
public:
    enum class Kind : uint8_t { capability, waiting_thread, mapping, binding };

    explicit Derivation_node(Kind kind) : _kind{kind} {}
    Derivation_node(Derivation_node const&) = delete;
    Derivation_node& operator=(Derivation_node const&) = delete;

    Kind kind() const { return _kind; }
    Derivation_node* first_child() const { return _first; }
    // With the same parent; nullptr behind the last one.
    Derivation_node* next() const { return _next.sibling(); }
    // Neither parent, neighbours nor children.
    bool alone() const { return !_first && _back.nothing() && _next.nothing(); }

    // `child` is alone.
    void add_child(Derivation_node& child) {
        child._back = Link::up(this);
        child._next = _first ? Link::to(_first) : Link::up(this);
        precede(child._next, Link::to(&child));
        _first = &child;
    }

    // `other`, which is alone, gets the same parent.
    void add_neighbour(Derivation_node& other) {
        other._back = Link::to(this);
        other._next = _next;
        precede(_next, Link::to(&other));
        _next = Link::to(&other);
    }

    // Leaves the tree; the children take this place in the line. The node is alone then.
    void remove() {
        if (_first) {
            _first->_back = _back;
            _last->_next = _next;
        }
        follow(_back, _first ? Link::to(_first) : _next);
        precede(_next, _last ? Link::to(_last) : _back);
        _first = _last = nullptr;
        _back = _next = Link{};
    }

private:
    // A neighbour, or (bit 0) the parent or nothing.
    class Link {
    public:
        static Link to(Derivation_node* node) { return Link{reinterpret_cast<uint64_t>(node)}; }
        static Link up(Derivation_node* node) { return Link{reinterpret_cast<uint64_t>(node) | 1}; }
        Link() = default;

        Derivation_node* sibling() const { return _value & 1 ? nullptr : node(); }
        Derivation_node* parent() const { return _value & 1 ? node() : nullptr; }
        bool nothing() const { return _value == 1; }

    private:
        explicit Link(uint64_t value) : _value{value} {}
        Derivation_node* node() const {
            return reinterpret_cast<Derivation_node*>(_value & ~uint64_t{1});
        }
        uint64_t _value{1};
    };

    // Whom `back` names is followed by `link` from now on, whom `next` names preceded by it.
    static void follow(Link back, Link link) {
        if (Derivation_node* const neighbour = back.sibling())
            neighbour->_next = link;
        else if (Derivation_node* const parent = back.parent())
            parent->_first = link.sibling();
    }
    static void precede(Link next, Link link) {
        if (Derivation_node* const neighbour = next.sibling())
            neighbour->_back = link;
        else if (Derivation_node* const parent = next.parent())
            parent->_last = link.sibling();
    }

    Derivation_node* _first{nullptr};
    Derivation_node* _last{nullptr};
    Link _next;
    Link _back;
    Kind const _kind;
};

} // namespace kernel
