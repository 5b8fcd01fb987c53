// SPDX-License-Identifier: MIT
// Entities in line: a ring of links in their own words. All zero is an empty line.
#pragma once

#include <policy/own.hpp>

namespace policy {

// Stands first in what a module keeps in an entity.
struct Fifo_link {
    Policy_entity* next;
    Policy_entity* previous;
};

class Fifo {
public:
    Policy_entity* front() const { return _first; }
    bool empty() const { return _first == nullptr; }

    void push_back(Policy_entity& entity) {
        link(entity) = {nullptr, _last};
        (_last ? link(*_last).next : _first) = &entity;
        _last = &entity;
    }

    void push_front(Policy_entity& entity) {
        link(entity) = {_first, nullptr};
        (_first ? link(*_first).previous : _last) = &entity;
        _first = &entity;
    }

    void remove(Policy_entity& entity) {
        Fifo_link const& gone = link(entity);
        (gone.next ? link(*gone.next).previous : _last) = gone.previous;
        (gone.previous ? link(*gone.previous).next : _first) = gone.next;
    }

private:
    static Fifo_link& link(Policy_entity& entity) { return own<Fifo_link>(entity); }

    Policy_entity* _first;
    Policy_entity* _last;
};

} // namespace policy
