// SPDX-License-Identifier: MIT
// Fixed priorities: the highest runs; equals take turns by slices, those that are interactive
// first.
//
// A thread is interactive once it has run shortly `proof` times in a row before it waited again.
// From then on it goes before others of its priority when it wakes, also before one that runs, as
// long as it goes on like that. Higher priorities do not notice. Others of the same priority pay at
// most `most_in_a_row` turns before one of their own: nobody starves by an equal.
#include <policy/built_in.hpp>
#include <policy/fifo.hpp>
#include <policy/module.hpp>

namespace {

using namespace policy;

constexpr unsigned levels = 32;
constexpr uint64_t slice_length = 10'000'000; // nanoseconds
constexpr uint64_t short_run = 1'000'000;     // nanoseconds from waking to waiting
constexpr uint8_t proof = 3;
constexpr uint8_t most_in_a_row = 4;

struct Level {
    Fifo interactive;
    Fifo ordinary;
};

struct Queue {
    Level lines[levels];
    uint8_t in_a_row[levels]; // turns of interactive ones while an ordinary one waited
    uint32_t occupied;        // bit p is set when somebody of priority p is ready
    uint32_t count;
};
static_assert(sizeof(Queue) <= fixed_priority_state_bytes);

struct Own {
    Fifo_link link;
    uint64_t before; // what it had used when it woke
    uint8_t level;   // in whose line it is
    uint8_t in_interactive;
    uint8_t short_runs; // in a row, at most `proof`
};

Own& of(Policy_entity& entity) { return own<Own>(entity); }
bool ran_long(Policy_entity& entity) { return entity.runtime - of(entity).before >= short_run; }
bool interactive(Policy_entity& entity) {
    return of(entity).short_runs == proof && !ran_long(entity);
}

Fifo& line_of(Queue& queue, Policy_entity& entity) {
    Level& level = queue.lines[of(entity).level];
    return of(entity).in_interactive ? level.interactive : level.ordinary;
}

void enter(Queue& queue, Policy_entity& entity, bool at_front) {
    Own& mine = of(entity);
    mine.level = static_cast<uint8_t>(entity.parameter % levels);
    Fifo& line = line_of(queue, entity);
    if (at_front)
        line.push_front(entity);
    else
        line.push_back(entity);
    queue.occupied |= uint32_t{1} << mine.level;
    ++queue.count;
}

void leave(Queue& queue, Policy_entity& entity) {
    unsigned const level = of(entity).level;
    line_of(queue, entity).remove(entity);
    if (queue.lines[level].interactive.empty() && queue.lines[level].ordinary.empty())
        queue.occupied &= ~(uint32_t{1} << level);
    --queue.count;
}

void init(void*, uint32_t) {}

void add(void* memory, Policy_entity* entity, Policy_reason reason, uint64_t) {
    Own& mine = of(*entity);
    if (reason == Policy_reason::woken) {
        if (ran_long(*entity))
            mine.short_runs = 0;
        else if (mine.short_runs < proof)
            ++mine.short_runs;
        mine.before = entity->runtime;
    }
    bool const goes_on = reason == Policy_reason::preempted;
    mine.in_interactive = interactive(*entity) && (goes_on || reason == Policy_reason::woken);
    enter(state<Queue>(memory), *entity, goes_on);
}

void remove(void* memory, Policy_entity* entity) { leave(state<Queue>(memory), *entity); }

uint32_t pick(void* memory, uint64_t) {
    auto& queue = state<Queue>(memory);
    if (queue.occupied == 0)
        return 0;
    auto const highest = 31 - static_cast<unsigned>(__builtin_clz(queue.occupied));
    Level& level = queue.lines[highest];
    uint8_t& in_a_row = queue.in_a_row[highest];
    bool const both = !level.interactive.empty() && !level.ordinary.empty();
    bool const ordinary = level.interactive.empty() || (both && in_a_row >= most_in_a_row);
    in_a_row = both && !ordinary ? static_cast<uint8_t>(in_a_row + 1) : 0;
    Policy_entity& next = ordinary ? *level.ordinary.front() : *level.interactive.front();
    leave(queue, next);
    return next.handle;
}

void charge(void*, Policy_entity*, uint64_t, uint32_t) {} // runtime tells enough

uint64_t slice(void*, Policy_entity*) { return slice_length; }

uint32_t preempts(void* memory, Policy_entity* running, Policy_entity* woken) {
    if (woken->parameter != running->parameter)
        return woken->parameter > running->parameter;
    auto const& queue = state<Queue>(memory);
    return interactive(*woken) && !interactive(*running) &&
           queue.in_a_row[of(*woken).level] < most_in_a_row;
}

uint32_t contended(void* memory, Policy_entity* running) {
    return state<Queue>(memory).occupied >> running->parameter % levels != 0;
}

void parameter_changed(void* memory, Policy_entity* entity) {
    auto& queue = state<Queue>(memory);
    leave(queue, *entity);
    enter(queue, *entity, false);
}

uint32_t count(void* memory) { return state<Queue>(memory).count; }

} // namespace

constinit Policy_module const fixed_priority_policy = scheduler<Queue>(
    "fixed-priority", 0, {0, levels - 1, levels / 2},
    {init, add, remove, pick, charge, slice, preempts, contended, parameter_changed, count});
