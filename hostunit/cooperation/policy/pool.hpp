// SPDX-License-Identifier: MIT
// A state of the policy, made by hand and stepped by hand.
#pragma once

#include <cooperation/policy/policy.h>

#include <gtest/gtest.h>

#include <vector>

namespace lavandin::test {

constexpr uint64_t millisecond = 1'000'000;
constexpr uint32_t cooperates = POLICY_REPORTS | POLICY_TAKES | POLICY_GIVES_BACK;

class Pool {
public:
    explicit Pool(uint32_t processors, policy_kind kind = POLICY_PROPORTIONAL) {
        policy_defaults(&state.tuning);
        state.now = 1;
        state.kind = kind;
        state.processors = processors;
    }

    // Domains are to be added before the first step.
    policy_domain& add(uint32_t weight = 256, uint32_t online = 1, uint32_t ceiling = 8) {
        policy_domain& domain = _domains.emplace_back();
        domain.config = {static_cast<uint32_t>(_domains.size()),
                         weight,
                         0,
                         1,
                         ceiling,
                         cooperates,
                         nullptr,
                         nullptr};
        domain.measured.online = online;
        state.domains = _domains.data();
        state.domain_count = static_cast<uint32_t>(_domains.size());
        return domain;
    }

    policy_domain& operator[](size_t index) { return _domains[index]; }
    size_t size() const { return _domains.size(); }

    // It has this much to do: its VCPUs are as busy as they can be, and it says so. Its processor
    // time grows as if it had got `share` parts of processors, by default all that it runs.
    void busy(size_t index, uint32_t demand, policy_load load = POLICY_LOAD_THROUGHPUT) {
        policy_domain& domain = _domains[index];
        uint32_t const most = domain.measured.online * POLICY_WHOLE;
        domain.report.time = state.now;
        domain.report.demand = demand;
        domain.report.confidence = 100;
        domain.report.load = load;
        domain.measured.runnable = demand < most ? demand : most;
        domain.measured.active = (domain.measured.runnable + POLICY_WHOLE - 1) / POLICY_WHOLE;
    }

    void request(size_t index, uint32_t wanted, uint32_t minimum = 1, uint32_t number = 1) {
        policy_inbox& inbox = _domains[index].inbox;
        inbox.requests[inbox.request_count++] = {number, wanted, minimum, 0, 0, 0};
    }

    void step(uint64_t passed = 10 * millisecond) {
        state.now += passed;
        for (policy_domain& domain : _domains) {
            if (domain.report.time != 0)
                domain.report.time = state.now;
            uint32_t const ran = domain.measured.runnable;
            domain.measured.processor_time += passed * ran / POLICY_WHOLE;
        }
        actions.assign(_domains.size() * POLICY_ACTIONS_PER_DOMAIN, {});
        uint32_t count = 0;
        ASSERT_EQ(
            policy_step(&state, actions.data(), static_cast<uint32_t>(actions.size()), &count),
            POLICY_OK);
        actions.resize(count);
        for (policy_action const& action : actions) {
            if (action.kind == POLICY_SET_WEIGHT)
                _domains[action.index].measured.weight = action.value;
            if (action.kind == POLICY_SET_CAP)
                _domains[action.index].measured.cap_percent = action.value;
        }
    }

    // Answers one domain between two steps.
    policy_status answer(size_t index, uint64_t passed = millisecond) {
        state.now += passed;
        actions.assign(POLICY_ACTIONS_PER_DOMAIN, {});
        uint32_t count = 0;
        policy_status const status =
            policy_answer(&state, static_cast<uint32_t>(index), actions.data(),
                          static_cast<uint32_t>(actions.size()), &count);
        actions.resize(count);
        return status;
    }

    void steps(unsigned count) {
        for (unsigned i = 0; i < count; ++i)
            step();
    }
    // Steps until there is an action of that kind for that domain; null after `most` steps.
    policy_action const* step_to(policy_action_kind kind, size_t index, int most = 200) {
        for (int i = 0; i < most; ++i) {
            step();
            if (policy_action const* const found = find(kind, index))
                return found;
        }
        return nullptr;
    }

    policy_action const* find(policy_action_kind kind, size_t index) const {
        for (policy_action const& action : actions)
            if (action.kind == uint32_t{kind} && action.index == index)
                return &action;
        return nullptr;
    }

    policy_state state{};
    std::vector<policy_action> actions;

private:
    std::vector<policy_domain> _domains;
};

} // namespace lavandin::test
