// SPDX-License-Identifier: MIT
// Intrusive doubly-linked list: the links live in the elements, so that queueing never allocates.
//
//        +--------+    +--------+    +--------+
//   +--> |  head  |--->|   a    |--->|   b    |---+
//   |    +--------+<---+--------+<---+--------+   |
//   +---------------------------------------------+      (a ring through the head)
#pragma once

namespace kernel {

struct List_link {
    List_link* next{nullptr};
    List_link* previous{nullptr};

    bool linked() const { return next != nullptr; }

    void unlink() {
        next->previous = previous;
        previous->next = next;
        next = previous = nullptr;
    }
};

// Elements derive from Tag, which derives from List_link: an element that can be in several lists
// at once has a tag for each.
template <typename Element, typename Tag>
class List {
public:
    constexpr List() { _head.next = _head.previous = &_head; }
    List(List const&) = delete;
    List& operator=(List const&) = delete;

    bool empty() const { return _head.next == &_head; }
    Element* front() { return empty() ? nullptr : element(_head.next); }

    Element* next(Element& current) {
        List_link* const link = static_cast<Tag&>(current).next;
        return link == &_head ? nullptr : element(link);
    }

    void push_back(Element& value) { insert_before(_head, value); }
    void push_front(Element& value) { insert_before(*_head.next, value); }

    Element* pop_front() {
        Element* const first = front();
        if (first)
            static_cast<Tag*>(first)->unlink();
        return first;
    }

    static void remove(Element& value) { static_cast<Tag&>(value).unlink(); }

    // All elements of `other` come before ours, in their order.
    void take_over(List& other) {
        if (other.empty())
            return;
        other._head.previous->next = _head.next;
        _head.next->previous = other._head.previous;
        _head.next = other._head.next;
        _head.next->previous = &_head;
        other._head.next = other._head.previous = &other._head;
    }

private:
    friend struct Outside_access;

    static Element* element(List_link* link) {
        return static_cast<Element*>(static_cast<Tag*>(link));
    }

    static void insert_before(List_link& place, Element& value) {
        List_link& link = static_cast<Tag&>(value);
        link.next = &place;
        link.previous = place.previous;
        place.previous->next = &link;
        place.previous = &link;
    }

    List_link _head;
};

} // namespace kernel
