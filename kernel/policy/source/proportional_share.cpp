// SPDX-License-Identifier: MIT
// Proportional share by stride scheduling (Waldspurger, Weihl 1995): a thread's pass grows with
// what it uses, the slower the more it weighs, and the least pass runs.
//
// Of threads that stay ready none is ahead of its share by more than a slice, and none behind it by
// more than a slice for each other one, times its own part of the weight. One that slept comes back
// with one slice of advance at most: sleep cannot be saved up.
#include <policy/built_in.hpp>
#include <policy/heap.hpp>
#include <policy/module.hpp>

namespace {

using namespace policy;

constexpr uint64_t slice_length = 6'000'000;   // nanoseconds
constexpr uint64_t wake_up_margin = 1'000'000; // nanoseconds: less is not worth a switch
constexpr uint64_t unit = 4096;                // pass of a nanosecond at weight 1

struct Queue {
    Heap heap;
    uint64_t virtual_time; // pass of the latest picked
    uint32_t count;
};
static_assert(sizeof(Queue) <= proportional_share_state_bytes);

struct Own {
    Heap_link link;
    uint64_t pass;
    uint64_t known;
};

Own& of(Policy_entity& entity) { return own<Own>(entity); }

uint64_t pass_for(Policy_entity const& entity, uint64_t nanoseconds) {
    return nanoseconds * unit / (entity.parameter ? entity.parameter : 1);
}

// What one that slept, or comes from elsewhere, begins with.
void catch_up(Queue const& queue, Policy_entity& entity, Policy_reason reason) {
    Own& mine = of(entity);
    uint64_t const earliest = queue.virtual_time - pass_for(entity, slice_length);
    if (!mine.known || reason == Policy_reason::moved || reason == Policy_reason::inherited)
        mine.pass = queue.virtual_time;
    else if (before(mine.pass, earliest))
        mine.pass = earliest;
    mine.known = 1;
}

void init(void*, uint32_t) {}

void add(void* memory, Policy_entity* entity, Policy_reason reason, uint64_t) {
    auto& queue = state<Queue>(memory);
    Own& mine = of(*entity);
    catch_up(queue, *entity, reason);
    if (reason == Policy_reason::yielded && !queue.heap.empty()) {
        uint64_t const least = Heap::key(*queue.heap.least());
        if (before(mine.pass, least))
            mine.pass = least; // it goes behind its equals
    }
    queue.heap.insert(*entity, mine.pass);
    ++queue.count;
}

void remove(void* memory, Policy_entity* entity) {
    auto& queue = state<Queue>(memory);
    queue.heap.remove(*entity);
    --queue.count;
}

uint32_t pick(void* memory, uint64_t) {
    auto& queue = state<Queue>(memory);
    Policy_entity* const next = queue.heap.least();
    if (next == nullptr)
        return 0;
    remove(memory, next);
    if (before(queue.virtual_time, of(*next).pass))
        queue.virtual_time = of(*next).pass;
    return next->handle;
}

// With nobody else there virtual time goes on with the one that runs.
void charge(void* memory, Policy_entity* entity, uint64_t nanoseconds, uint32_t) {
    auto& queue = state<Queue>(memory);
    Own& mine = of(*entity);
    if (!mine.known)
        mine.pass = queue.virtual_time;
    mine.known = 1;
    mine.pass += pass_for(*entity, nanoseconds);
    if (queue.heap.empty() && before(queue.virtual_time, mine.pass))
        queue.virtual_time = mine.pass;
}

uint64_t slice(void*, Policy_entity*) { return slice_length; }

uint32_t preempts(void*, Policy_entity* running, Policy_entity* woken) {
    return before(of(*woken).pass + pass_for(*woken, wake_up_margin), of(*running).pass);
}

uint32_t contended(void* memory, Policy_entity*) { return !state<Queue>(memory).heap.empty(); }

// What it has used stays as it was; what it uses counts by the new weight.
void parameter_changed(void*, Policy_entity*) {}

uint32_t count(void* memory) { return state<Queue>(memory).count; }

} // namespace

constinit Policy_module const proportional_share_policy = scheduler<Queue>(
    "share", policy_more_is_more | policy_wants_charge, {1, greatest_weight, usual_weight},
    {init, add, remove, pick, charge, slice, preempts, contended, parameter_changed, count},
    longest_wait);
