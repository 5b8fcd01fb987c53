// SPDX-License-Identifier: MIT
// For tests: first come, first served, until a thread comes whose parameter names a lie. From then
// on it answers as that says; what the kernel makes of it is what is tested.
#include <policy/fifo.hpp>
#include <policy/module.hpp>

extern "C" lavandin::abi::Policy_module const liar_policy;

namespace {

using namespace policy;

// In the order of Policy_violation, which they cause.
enum Lie : uint64_t {
    honest = 0,
    picks_nobody = 1,
    picks_stranger = 2,
    endless_slice = 3,
    maybe = 4,
    wrong_count = 5,
    leaves_out = 6,  // the thread that tells it to
    picks_twice = 7, // one that it picked before: a stranger by then
};

constexpr uint64_t slice_length = 1'000'000;      // nanoseconds
constexpr uint64_t promised_wait = 1'000'000'000; // nanoseconds

struct Queue {
    Fifo line;
    uint32_t count;
    uint32_t last;
    uint64_t lie;
};

void init(void*, uint32_t) {}

void add(void* memory, Policy_entity* entity, Policy_reason, uint64_t) {
    auto& queue = state<Queue>(memory);
    if (entity->parameter != honest)
        queue.lie = entity->parameter;
    queue.line.push_back(*entity);
    ++queue.count;
}

void remove(void* memory, Policy_entity* entity) {
    auto& queue = state<Queue>(memory);
    queue.line.remove(*entity);
    --queue.count;
}

Policy_entity* first(Queue& queue) {
    Policy_entity* const front = queue.line.front();
    if (front == nullptr || queue.lie != leaves_out || front->parameter != leaves_out)
        return front;
    Policy_entity* const second = own<Fifo_link>(*front).next;
    return second != nullptr ? second : front;
}

uint32_t pick(void* memory, uint64_t) {
    auto& queue = state<Queue>(memory);
    Policy_entity* const next = first(queue);
    if (next == nullptr || queue.lie == picks_nobody)
        return 0;
    if (queue.lie == picks_stranger)
        return next->handle + 0x4000'0000;
    if (queue.lie == picks_twice && queue.last != 0)
        return queue.last;
    queue.last = next->handle;
    remove(memory, next);
    return next->handle;
}

void charge(void*, Policy_entity*, uint64_t, uint32_t) {}

uint64_t slice(void* memory, Policy_entity*) {
    return state<Queue>(memory).lie == endless_slice ? ~uint64_t{0} : slice_length;
}

uint32_t preempts(void* memory, Policy_entity*, Policy_entity*) {
    return state<Queue>(memory).lie == maybe ? 2 : 0;
}

uint32_t contended(void* memory, Policy_entity*) {
    auto& queue = state<Queue>(memory);
    return queue.lie == maybe ? 7 : !queue.line.empty();
}

void parameter_changed(void*, Policy_entity*) {}

uint32_t count(void* memory) {
    auto const& queue = state<Queue>(memory);
    return queue.lie == wrong_count ? queue.count + 1 : queue.count;
}

} // namespace

constinit Policy_module const liar_policy = scheduler<Queue>(
    "liar", 0, {honest, picks_twice, honest},
    {init, add, remove, pick, charge, slice, preempts, contended, parameter_changed, count},
    promised_wait);
