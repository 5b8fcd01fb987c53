// SPDX-License-Identifier: MIT
// A guest machine that exists in the test only: processors with states, made-up times, and the VMM
// side's engine on the same two pages.
#pragma once

#include "servers/resource_manager/cooperation/cooperation.hpp"
#include "servers/resource_manager/cooperation/steady_policy.hpp"

#include <algorithm>
#include <cooperation/stock_vmm.h>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace lavandin::resource_manager {

inline constexpr uint64_t millisecond = 1'000'000;
inline constexpr uint64_t second = 1'000'000'000;

class Fake_machine final : public Cooperation_host {
public:
    static constexpr unsigned count = 4;

    uint64_t time{1'000 * second};
    std::array<Processor_state, count> states{Processor_state::online, Processor_state::online,
                                              Processor_state::online, Processor_state::online};
    uint64_t taken_away{0}; // by the toolstack
    bool notified{false};
    unsigned observations{0};
    double load{0}; // processors that are busy, together
    uint64_t ready{0};
    std::vector<std::string> lines;
    // What becomes of transitions; by default they happen at once.
    std::map<uint64_t, Outcome> refusals;
    bool slow{false};
    struct Begun {
        uint64_t number;
        Processor_action action;
        uint64_t deadline;
    };
    std::vector<Begun> begun;   // not ended, when slow
    std::vector<Begun> history; // all
    Cooperation* cooperation{nullptr};

    void pass(uint64_t nanoseconds) {
        time += nanoseconds;
        for (unsigned i = 0; i < count; ++i) {
            bool const online = states[i] == Processor_state::online;
            double const part = online ? std::clamp(load - i, 0.0, 1.0) : 0;
            auto const busy = static_cast<uint64_t>(part * static_cast<double>(nanoseconds));
            _times[i].busy += busy;
            _times[i].ran += busy;
            (online ? _times[i].idle : _times[i].away) += nanoseconds - busy;
        }
    }
    uint64_t online() const {
        uint64_t mask = 0;
        for (unsigned i = 0; i < count; ++i)
            mask |= uint64_t{states[i] == Processor_state::online} << i;
        return mask;
    }
    void end(Begun const& what, uint64_t error = 0) {
        Outcome outcome{error, {}};
        if (error == 0)
            states[what.number] = goal(what.action);
        else if (states[what.number] == Processor_state::draining)
            states[what.number] = Processor_state::online;
        cooperation->ended(what.number, outcome);
    }
    void end_all(uint64_t error = 0) {
        auto const all = std::exchange(begun, {});
        for (auto const& each : all)
            end(each, error);
    }

    uint64_t now() override { return time; }
    void notify() override { notified = true; }
    void observe(Observation& to, bool) override {
        ++observations;
        to.time = time;
        to.processor_count = count;
        to.thread_count = 0;
        for (unsigned i = 0; i < count; ++i) {
            to.processors[i] = _times[i];
            to.processors[i].state = states[i];
            to.processors[i].running = load > i;
        }
        to.processors[0].ready = ready;
    }
    Processor_state state(uint64_t number) override {
        return number < count ? states[number] : Processor_state::absent;
    }
    bool available(uint64_t number) override { return (taken_away >> number & 1) == 0; }
    bool begin(uint64_t number, Processor_action action, uint64_t deadline) override {
        Begun const what{number, action, deadline};
        for (auto const& each : begun)
            if (each.number == number)
                return false;
        history.push_back(what);
        if (auto const found = refusals.find(number); found != refusals.end()) {
            cooperation->ended(number, found->second);
            return true;
        }
        if (!slow) {
            end(what);
            return true;
        }
        if (action == Processor_action::park || action == Processor_action::stop)
            states[number] = Processor_state::draining;
        begun.push_back(what);
        return true;
    }
    void log(std::string_view line) override { lines.emplace_back(line); }

private:
    static Processor_state goal(Processor_action action) {
        if (action == Processor_action::park)
            return Processor_state::parked;
        return action == Processor_action::stop ? Processor_state::stopped
                                                : Processor_state::online;
    }

    std::array<Processor_observation, count> _times{};
};

} // namespace lavandin::resource_manager
