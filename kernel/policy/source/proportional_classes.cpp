// SPDX-License-Identifier: MIT
// Coordinator: classes share the processor by their shares, as threads do in
// proportional_share.cpp. A class of threads that wait much for others gets less than its share, as
// it is not ready then; what it does not use the others have.
#include <policy/module.hpp>

extern "C" lavandin::abi::Policy_module const proportional_classes_policy;

namespace {

using namespace policy;

constexpr uint64_t quantum = 5'000'000;        // nanoseconds
constexpr uint64_t wake_up_margin = 1'000'000; // nanoseconds

struct Classes {
    uint64_t shares[scheduling_classes];
    uint64_t passes[scheduling_classes];
    uint64_t virtual_time;
    uint32_t ready; // as it was seen last
};

constexpr uint32_t bit(uint64_t number) { return uint32_t{1} << number; }

void see(Classes& classes, uint32_t ready) {
    for (unsigned c = 0; c < scheduling_classes; ++c)
        if ((ready & ~classes.ready & bit(c)) != 0 &&
            before(classes.passes[c], classes.virtual_time))
            classes.passes[c] = classes.virtual_time;
    classes.ready = ready;
}

void init(void* memory, uint64_t const* shares, uint32_t) {
    auto& classes = state<Classes>(memory);
    for (unsigned c = 0; c < scheduling_classes; ++c)
        classes.shares[c] = shares[c] ? shares[c] : 1;
}

Policy_choice choose(void* memory, uint32_t ready, uint64_t) {
    auto& classes = state<Classes>(memory);
    see(classes, ready);
    auto next = static_cast<uint32_t>(__builtin_ctz(ready));
    for (uint32_t c = next + 1; c < scheduling_classes; ++c)
        if ((ready & bit(c)) != 0 && before(classes.passes[c], classes.passes[next]))
            next = c;
    if (before(classes.virtual_time, classes.passes[next]))
        classes.virtual_time = classes.passes[next];
    return {next, quantum};
}

void charge(void* memory, uint32_t ran, uint64_t nanoseconds) {
    auto& classes = state<Classes>(memory);
    classes.passes[ran] += nanoseconds * whole_share / classes.shares[ran];
}

uint32_t preempts(void* memory, uint32_t running, uint32_t woken) {
    auto& classes = state<Classes>(memory);
    see(classes, classes.ready | bit(woken));
    uint64_t const margin = wake_up_margin * whole_share / classes.shares[woken];
    return before(classes.passes[woken] + margin, classes.passes[running]);
}

} // namespace

constinit Policy_module const proportional_classes_policy =
    coordinator<Classes>("by-share", {init, choose, charge, preempts});
