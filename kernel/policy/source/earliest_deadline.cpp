// SPDX-License-Identifier: MIT
// The module that docs/scheduling.md explains line by line: earliest deadline first. A thread's
// parameter is how soon after it wakes it is to be done, in nanoseconds. One that is late at the
// end of a slice gets a new deadline, so that it cannot keep others from theirs for good.
#include <policy/heap.hpp>
#include <policy/module.hpp>

extern "C" lavandin::abi::Policy_module const earliest_deadline_policy;

namespace {

using namespace policy;

constexpr uint64_t slice_length = 5'000'000; // nanoseconds
constexpr Parameters deadlines{shortest_slice, 10'000'000'000, 100'000'000};

struct Queue {
    Heap heap; // by deadline
    uint32_t count;
};

struct Own {
    Heap_link link;
    uint64_t deadline;
};

Own& of(Policy_entity& entity) { return own<Own>(entity); }

void init(void*, uint32_t) {}

void add(void* memory, Policy_entity* entity, Policy_reason reason, uint64_t now) {
    auto& queue = state<Queue>(memory);
    Own& mine = of(*entity);
    bool const late = reason == Policy_reason::expired && before(mine.deadline, now);
    if (mine.deadline == 0 || late || reason == Policy_reason::woken)
        mine.deadline = now + entity->parameter;
    queue.heap.insert(*entity, mine.deadline);
    ++queue.count;
}

void remove(void* memory, Policy_entity* entity) {
    auto& queue = state<Queue>(memory);
    queue.heap.remove(*entity);
    --queue.count;
}

uint32_t pick(void* memory, uint64_t) {
    Policy_entity* const next = state<Queue>(memory).heap.least();
    if (next == nullptr)
        return 0;
    remove(memory, next);
    return next->handle;
}

void charge(void*, Policy_entity*, uint64_t, uint32_t) {}

uint64_t slice(void*, Policy_entity*) { return slice_length; }

uint32_t preempts(void*, Policy_entity* running, Policy_entity* woken) {
    return before(of(*woken).deadline, of(*running).deadline);
}

uint32_t contended(void* memory, Policy_entity*) { return !state<Queue>(memory).heap.empty(); }

void parameter_changed(void*, Policy_entity*) {} // counts from the next time it wakes

uint32_t count(void* memory) { return state<Queue>(memory).count; }

} // namespace

constinit Policy_module const earliest_deadline_policy = scheduler<Queue>(
    "deadlines", policy_wants_time, deadlines,
    {init, add, remove, pick, charge, slice, preempts, contended, parameter_changed, count});
