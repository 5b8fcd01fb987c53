// SPDX-License-Identifier: MIT
// Threads that change processors at random.
#pragma once

#include "processors.hpp"

#include <fuzz/random.hpp>
#include <lavandin/objects.hpp>
#include <lavandin/thread.hpp>

namespace changes {

// What all actors share.
struct Stage {
    Processors processors;
    Tally tally;
    uint64_t changes{0};     // begun until now
    uint64_t working{0};     // workers that have not finished
    bool end{false};         // said to all but the workers
    Notification invitation; // for disturbers: somebody is about to leave
};

// Holds a processor, looks at its state, asks for something, notes the answer.
class Worker {
public:
    Worker(Stage& stage, uint64_t seed) : _stage{stage}, _random{seed} {}

    // Until the stage has seen `changes`, and longer while the tally is not complete, but not
    // beyond `most`.
    struct Goal {
        uint64_t changes;
        uint64_t most;
        uint32_t times; // of each legal transition
    };
    void run(Goal const& goal);

private:
    void change(uint64_t number);
    Processor_action choose(uint64_t number, Processor_state state);

    Stage& _stage;
    fuzz::Random _random;
    bool _dry{false}; // a time in which more leave than come
};

// Meets those that are just leaving: has them stay, asks for the same once more, takes the
// capability away from who asked.
class Disturber {
public:
    Disturber(Stage& stage, uint64_t seed) : _stage{stage}, _random{seed} {}
    void run();

private:
    bool disturb(uint64_t number);
    void look_around();

    Stage& _stage;
    fuzz::Random _random;
};

} // namespace changes
