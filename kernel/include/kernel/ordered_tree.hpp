// SPDX-License-Identifier: MIT
// Elements in order of a key, as an intrusive AVL tree: finding, inserting and removing take
// logarithmic time, nothing is allocated, nothing recurses.
//
// Elements derive from Tree_link and have `uint64_t key() const`; no two have the same key at once.
// Pure logic: the caller provides the locking.
#pragma once

#include <stdint.h>

namespace kernel {

class Tree_link {
private:
    template <typename Element>
    friend class Ordered_tree;
    Tree_link* _parent{nullptr};
    Tree_link* _below[2]{}; // [0] keys before ours, [1] keys behind
    int32_t _height{0};     // of the tree below and with us: 1 for a leaf
};

template <typename Element>
class Ordered_tree {
public:
    bool empty() const { return _root == nullptr; }

    // The element with the greatest key that is not above `key`, or nullptr.
    Element* at_or_before(uint64_t key) const {
        Tree_link* found = nullptr;
        for (Tree_link* link = _root; link;) {
            bool const fits = element(link)->key() <= key;
            found = fits ? link : found;
            link = link->_below[fits];
        }
        return element(found);
    }

    Element* first() const { return element(_root ? outermost(_root, 0) : nullptr); }

    // The element with the next greater key, or nullptr.
    Element* next(Element& current) const {
        Tree_link* link = &current;
        if (link->_below[1])
            return element(outermost(link->_below[1], 0));
        while (link->_parent && link == link->_parent->_below[1])
            link = link->_parent;
        return element(link->_parent);
    }

    void insert(Element& value) {
        Tree_link* parent = nullptr;
        Tree_link** place = &_root;
        while (*place) {
            parent = *place;
            place = &parent->_below[element(parent)->key() < value.key()];
        }
        Tree_link& link = value;
        link._parent = parent;
        link._below[0] = link._below[1] = nullptr;
        link._height = 1;
        *place = &link;
        balance(parent);
    }

    void remove(Element& value) {
        Tree_link& link = value;
        if (!link._below[0] || !link._below[1]) {
            Tree_link* const parent = link._parent;
            replace(link, link._below[link._below[0] == nullptr]);
            return balance(parent);
        }
        // The next one has nothing before it; it takes our place.
        Tree_link& heir = *outermost(link._below[1], 0);
        Tree_link* const lowest = heir._parent == &link ? &heir : heir._parent;
        if (heir._parent != &link) {
            replace(heir, heir._below[1]);
            adopt(heir, 1, link._below[1]);
        }
        adopt(heir, 0, link._below[0]);
        heir._height = link._height;
        replace(link, &heir);
        balance(lowest);
    }

private:
    static Element* element(Tree_link* link) { return static_cast<Element*>(link); }
    static int32_t height(Tree_link const* link) { return link ? link->_height : 0; }

    static Tree_link* outermost(Tree_link* link, unsigned side) {
        while (link->_below[side])
            link = link->_below[side];
        return link;
    }

    static void adopt(Tree_link& parent, unsigned side, Tree_link* child) {
        parent._below[side] = child;
        if (child)
            child->_parent = &parent;
    }

    // `other` takes the place of `link` below its parent.
    void replace(Tree_link& link, Tree_link* other) {
        Tree_link* const parent = link._parent;
        (parent ? parent->_below[parent->_below[1] == &link] : _root) = other;
        if (other)
            other->_parent = parent;
    }

    static void measure(Tree_link& link) {
        int32_t const a = height(link._below[0]);
        int32_t const b = height(link._below[1]);
        link._height = (a < b ? b : a) + 1;
    }

    // The child on `side` comes up and `link` goes down to the other side.
    Tree_link& rotate(Tree_link& link, unsigned side) {
        Tree_link& up = *link._below[side];
        replace(link, &up);
        adopt(link, side, up._below[!side]);
        adopt(up, !side, &link);
        measure(link);
        measure(up);
        return up;
    }

    // From `link` upwards no two subtrees of one parent differ in height by more than 1 again.
    void balance(Tree_link* link) {
        for (; link; link = link->_parent) {
            int32_t const before = link->_height;
            measure(*link);
            int32_t const lean = height(link->_below[1]) - height(link->_below[0]);
            if (lean >= -1 && lean <= 1) {
                if (link->_height == before)
                    return; // nothing above has changed
                continue;
            }
            unsigned const side = lean > 0;
            Tree_link& higher = *link->_below[side];
            if (height(higher._below[!side]) > height(higher._below[side]))
                rotate(higher, !side);
            link = &rotate(*link, side);
        }
    }

    Tree_link* _root{nullptr};
};

} // namespace kernel
