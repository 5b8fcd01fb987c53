// SPDX-License-Identifier: MIT
// One processor whose threads run in simulated time, by the kernel's classes and modules.
#pragma once

#include <gtest/gtest.h>
#include <kernel/class_set.hpp>
#include <map>
#include <memory>
#include <vector>

extern "C" {
extern lavandin::abi::Policy_module const proportional_classes_policy;
extern lavandin::abi::Policy_module const earliest_deadline_policy;
extern lavandin::abi::Policy_module const liar_policy;
extern lavandin::abi::Policy_module const lying_coordinator_policy;
}

namespace kernel {

constexpr Time millisecond = 1'000'000;
constexpr Time second = 1000 * millisecond;

// What is asked of the kernel's lists is that nobody is lost: who waits is known here, too.
class Simulation {
public:
    Schedulable& thread(unsigned number, uint64_t parameter) {
        auto const priority = number ? 16U : static_cast<unsigned>(parameter);
        auto& made = *_threads.emplace_back(std::make_unique<Schedulable>(priority));
        if (number) {
            made.set_class(number, parameter);
            made.set_priority(0);
        }
        return made;
    }

    void wake(Schedulable& thread) {
        if (running && classes.wants_charge(*running, thread))
            classes.charge(*running, now);
        classes.enter(thread, Policy_reason::woken, now);
        if (classes.woken(running, thread, now) == Class_set::Wake::preempts)
            put_back(Policy_reason::preempted);
    }

    // A new thread that never waits.
    Schedulable& busy(unsigned number, uint64_t parameter) {
        Schedulable& made = thread(number, parameter);
        wake(made);
        return made;
    }

    // The running one stops; it does not become ready.
    Schedulable* block() {
        Schedulable* const stopped = running;
        if (stopped)
            classes.stop(*stopped, now);
        running = nullptr;
        return stopped;
    }

    // The same for one that may have come to the end of its slice just now.
    void sleep(Schedulable& thread) {
        if (running == &thread)
            block();
        else
            classes.leave(thread, now);
    }

    void put_back(Policy_reason reason) {
        if (running)
            classes.enter(*running, reason, now);
        running = nullptr;
    }

    Schedulable* choose() {
        if (!running)
            running = classes.next(now);
        return running;
    }

    // Time passes until `end`, or until somebody has to be woken there.
    void run_until(Time end) {
        while (now < end) {
            if (!choose()) {
                now = end;
                return;
            }
            Time const limit = classes.limit(*running, now);
            Time const next = limit < end ? limit : end;
            Time const used = next > now ? next - now : 1;
            running->ran(used);
            times[running] += used;
            now += used;
            if (now >= limit)
                put_back(running->slice_left ? Policy_reason::preempted : Policy_reason::expired);
        }
    }
    void run_for(Time time) { run_until(now + time); }

    uint32_t ready_or_running() const { return classes.count() + (running ? 1 : 0); }

    // A module with a state of its own takes over.
    Algorithm& install(uint64_t place, abi::Policy_module const& module) {
        auto& algorithm = *_algorithms.emplace_back(std::make_unique<Algorithm>(module));
        install(place, algorithm);
        return algorithm;
    }
    void install(uint64_t place, Algorithm& algorithm) {
        auto& state = _states.emplace_back(std::make_unique<State>());
        classes.serve_by(place, &algorithm, state->bytes, next_installation(), now);
    }
    void remove_module(uint64_t place) {
        classes.serve_by(place, nullptr, nullptr, next_installation(), now);
    }

    Time now{second};
    Class_set classes{0};
    Schedulable* running{nullptr};
    std::map<Schedulable*, Time> times; // that each ran

private:
    struct alignas(64) State {
        char bytes[abi::largest_policy_state];
    };
    std::vector<std::unique_ptr<Schedulable>> _threads;
    std::vector<std::unique_ptr<Algorithm>> _algorithms;
    std::vector<std::unique_ptr<State>> _states;
};

} // namespace kernel
