// SPDX-License-Identifier: MIT
// The tests of `transitions`, and what must be the same before and after each.
#pragma once

#include "actors.hpp"
#include "witnesses.hpp"

#include <framework/counters.hpp>
#include <lavandin/init_client.hpp>

namespace changes {

struct Options {
    uint64_t changes{10'000};
    uint64_t seed{1};
    bool contested{false}; // somebody else changes the processors, too

    // False when `word` is none.
    bool read(std::string_view word);
};

class Suite {
public:
    explicit Suite(Options const& options) : _options{options} {}

    // Errors: those of what is made once; timed_out: the machine does not come to rest.
    Result<void> prepare();
    // A status for main().
    int run();

private:
    using Test = bool (Suite::*)();

    void test(char const* name, Test body);
    bool at_random();
    bool two_take_the_last();
    bool requester_dies();
    bool restore();
    void show_progress() const;
    bool settles(conformance::Counters const& before) const;

    Options const _options;
    Stage _stage;
    conformance::Counters _before{}; // while nobody else changes anything yet
    Init_client const _init;
    unsigned _number{0};
    unsigned _failed{0};
};

// What the requester does until it is ended: it parks, stops and starts this processor.
[[noreturn]] void request_for_ever(uint64_t number);

} // namespace changes
