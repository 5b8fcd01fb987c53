// SPDX-License-Identifier: MIT
// A module's own data: in the words of an entity, and its state.
#pragma once

#include <lavandin/abi/policy_module.hpp>
#include <stddef.h>

namespace policy {

using namespace lavandin::abi;

// T: plain data of a module, all zero at first.
template <typename T>
T& own(Policy_entity& entity) {
    static_assert(sizeof(T) <= sizeof(Policy_entity::own));
    static_assert(alignof(T) <= 8);
    return *reinterpret_cast<T*>(entity.own);
}

template <typename T>
T& state(void* memory) {
    static_assert(sizeof(T) <= largest_policy_state);
    static_assert(alignof(T) <= 64);
    return *static_cast<T*>(memory);
}

// Orders values that wrap around.
inline bool before(uint64_t a, uint64_t b) { return static_cast<int64_t>(a - b) < 0; }

} // namespace policy
