// SPDX-License-Identifier: MIT
// A module in use: its descriptor, whether it still can be trusted, and what it did.
#pragma once

#include <kernel/result.hpp>
#include <kernel/types.hpp>
#include <lavandin/abi/policy_module.hpp>

namespace kernel {

using abi::Policy_violation;

class Algorithm {
public:
    Algorithm() = default; // serve() is to follow
    constexpr explicit Algorithm(abi::Policy_module const& module) : _module{&module} {}
    Algorithm(Algorithm const&) = delete;
    Algorithm& operator=(Algorithm const&) = delete;

    abi::Policy_module const& module() const { return *_module; }
    void serve(abi::Policy_module const& module) { _module = &module; }

    // A module that answered nonsense is not used any more, on no processor. The first reason
    // counts, and is to be told once.
    bool retired() const { return violation() != Policy_violation::none; }
    Policy_violation violation() const {
        return static_cast<Policy_violation>(__atomic_load_n(&_violation, __ATOMIC_ACQUIRE));
    }
    void retire(Policy_violation reason) {
        uint32_t before = 0;
        __atomic_compare_exchange_n(&_violation, &before, static_cast<uint32_t>(reason), false,
                                    __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
    }
    bool tell() { return retired() && !__atomic_exchange_n(&_told, true, __ATOMIC_RELAXED); }

    // Of places that it has left.
    void add_picks(uint64_t count) { __atomic_fetch_add(&_picks, count, __ATOMIC_RELAXED); }
    uint64_t picks() const { return __atomic_load_n(&_picks, __ATOMIC_RELAXED); }

    // What the descriptor says, and whether it was retired.
    void describe(abi::Policy_information& information) const;

private:
    abi::Policy_module const* _module{nullptr};
    uint32_t _violation{0};
    bool _told{false};
    uint64_t _picks{0};
};

// One line about what was wrong.
char const* text(Policy_violation violation);

// A descriptor whose facts are possible; where its functions are is not looked at.
bool valid(abi::Policy_module const& module);

// A number for each time that a module takes over a class; never 0.
uint32_t next_installation();

} // namespace kernel
