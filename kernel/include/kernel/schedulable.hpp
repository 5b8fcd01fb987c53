// SPDX-License-Identifier: MIT
// What scheduling knows of a thread: its class and parameter, its priority, and the entity that
// modules see.
//
// A thread has a class of its own. While it is lent a priority (inheritance.hpp) it runs in the
// fixed-priority class at that priority, whatever its own is: who lends waits for it, so that it
// must go where the lender would. A thread of another class lends nothing, which counts as the
// lowest priority.
#pragma once

#include <kernel/list.hpp>
#include <kernel/result.hpp>
#include <kernel/types.hpp>
#include <lavandin/abi/policy_module.hpp>

namespace kernel {

struct Queue_tag : List_link {}; // set of ready threads, or an endpoint's queue

class Class_queue;

class Schedulable : public Queue_tag {
public:
    explicit Schedulable(unsigned priority);

    // The one it runs at: its own, or a higher one that it is lent.
    unsigned priority() const { return _priority; }
    // Bounds what it may give others, in any class.
    unsigned base_priority() const { return _base_priority; }
    // What it counts for without loans.
    unsigned own_priority() const { return fixed() ? _base_priority : 0; }
    void set_priority(unsigned priority) {
        _priority = static_cast<uint8_t>(priority);
        _shown = false;
    }
    void set_base_priority(unsigned priority) { _base_priority = static_cast<uint8_t>(priority); }

    unsigned own_class() const { return _own_class; }
    uint64_t parameter() const { return fixed() ? _base_priority : _parameter; }
    // The class that it is scheduled in, loans included.
    unsigned scheduling_class() const {
        return _priority != 0 ? unsigned{abi::fixed_priority_class} : _own_class;
    }
    // The priority that it runs at does not change by that: see inheritance.hpp.
    void set_class(unsigned number, uint64_t parameter) {
        _own_class = static_cast<uint8_t>(number);
        _shown = false;
        if (fixed())
            set_base_priority(static_cast<unsigned>(parameter));
        else
            _parameter = parameter;
    }
    // What a new thread has of the one that makes it; a priority is given otherwise.
    void inherit_class(Schedulable const& maker) {
        if (maker.fixed())
            return;
        set_class(maker._own_class, maker._parameter);
        set_priority(own_priority());
    }

    // It ran for so long.
    void ran(Time used) {
        uncharged += used;
        slice_left = used < slice_left ? slice_left - used : 0;
    }

    Time slice_left{0};
    Time uncharged{0}; // used since a module was told last

private:
    friend class Class_queue;
    friend struct Outside_access;

    bool fixed() const { return _own_class == abi::fixed_priority_class; }

    abi::Policy_entity _entity{};
    Class_queue* _queue{nullptr}; // where it is ready
    Schedulable* _chained{nullptr};
    Time _ready_since{0};
    uint64_t _parameter{0};
    uint32_t _known_to{0}; // installation whose words are in the entity, and
    uint32_t _known_on{0}; // the processor where that last saw it
    uint8_t _base_priority;
    uint8_t _priority;
    uint8_t _own_class{abi::fixed_priority_class};
    uint8_t _level{0};  // it is counted at while it is ready
    bool _shown{false}; // the entity has the parameter that it has now
};

} // namespace kernel
