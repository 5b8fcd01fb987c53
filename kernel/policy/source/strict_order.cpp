// SPDX-License-Identifier: MIT
// Coordinator: the class with the lower number goes first, but each has a guaranteed share.
//
// A class that waits while others run saves up its share of that time. Once that makes a quantum,
// it goes first for as long. So a class is kept waiting for one quantum by each of the others, and
// one whose share is 1/20 gets a quantum after 20 of them at the latest.
#include <policy/built_in.hpp>
#include <policy/module.hpp>

namespace {

using namespace policy;

constexpr uint64_t quantum = 2'000'000; // nanoseconds
constexpr uint64_t most_saved = 4 * quantum;
constexpr uint64_t least_share = 10; // thousandths, whatever the class was given

struct Order {
    uint64_t shares[scheduling_classes];
    uint64_t saved[scheduling_classes];
    uint32_t waiting; // bit per class that is ready while another one runs
    uint32_t turn;    // bit of a class that runs what it saved
};
static_assert(sizeof(Order) <= strict_order_state_bytes);

constexpr uint32_t bit(uint64_t number) { return uint32_t{1} << number; }

// The ready class that has saved most, if that is a quantum; else the first.
uint32_t chosen(Order const& order, uint32_t ready) {
    auto const first = static_cast<uint32_t>(__builtin_ctz(ready));
    uint32_t best = first;
    for (uint32_t c = 0; c < scheduling_classes; ++c)
        if ((ready & bit(c)) != 0 && c != first && order.saved[c] >= quantum &&
            (best == first || order.saved[c] > order.saved[best]))
            best = c;
    return best;
}

// How long until one of those that wait has saved a quantum.
uint64_t until_next(Order const& order) {
    uint64_t shortest = longest_slice;
    for (uint32_t c = 0; c < scheduling_classes; ++c) {
        if ((order.waiting & bit(c)) == 0)
            continue;
        uint64_t const lacking = order.saved[c] < quantum ? quantum - order.saved[c] : 0;
        uint64_t const wait = lacking * whole_share / order.shares[c];
        shortest = wait < shortest ? wait : shortest;
    }
    return shortest < shortest_slice ? shortest_slice : shortest;
}

void init(void* memory, uint64_t const* shares, uint32_t) {
    auto& order = state<Order>(memory);
    for (unsigned c = 0; c < scheduling_classes; ++c)
        order.shares[c] = shares[c] < least_share ? least_share : shares[c];
}

Policy_choice choose(void* memory, uint32_t ready, uint64_t) {
    auto& order = state<Order>(memory);
    uint32_t const next = chosen(order, ready);
    order.waiting = ready & ~bit(next);
    bool const saved = order.waiting != 0 && next != static_cast<uint32_t>(__builtin_ctz(ready));
    order.turn = saved ? bit(next) : 0;
    return {next, saved ? quantum : until_next(order)};
}

void charge(void* memory, uint32_t ran, uint64_t nanoseconds) {
    auto& order = state<Order>(memory);
    order.saved[ran] -= nanoseconds < order.saved[ran] ? nanoseconds : order.saved[ran];
    for (unsigned c = 0; c < scheduling_classes; ++c) {
        if ((order.waiting & bit(c)) == 0)
            continue;
        order.saved[c] += nanoseconds / whole_share * order.shares[c];
        order.saved[c] = order.saved[c] < most_saved ? order.saved[c] : most_saved;
    }
}

uint32_t preempts(void* memory, uint32_t running, uint32_t woken) {
    auto& order = state<Order>(memory);
    order.waiting |= bit(woken);
    return woken < running && (order.turn & bit(running)) == 0;
}

} // namespace

constinit Policy_module const strict_order_policy =
    coordinator<Order>("strict-order", {init, choose, charge, preempts});
