// SPDX-License-Identifier: MIT
// Random hosts, domains, claims and messages. Whatever they are, the policy keeps its promises.
#include "pool.hpp"

#include <cooperation/simulator/random.hpp>

#include <algorithm>
#include <cstring>
#include <map>

namespace {

using lavandin::simulator::Random;
using lavandin::test::millisecond;

constexpr int seeds = 60;
constexpr int steps = 150;

class World {
public:
    World(uint64_t seed, size_t most_domains) : _random{seed} {
        policy_defaults(&state.tuning);
        state.now = 1 + _random.below(1000 * millisecond);
        state.kind = static_cast<uint32_t>(_random.below(3));
        state.processors = static_cast<uint32_t>(1 + _random.below(16));
        state.rate_limit = 1000;
        domains.resize(1 + _random.below(most_domains));
        for (policy_domain& domain : domains)
            create(domain);
        state.domains = domains.data();
        state.domain_count = static_cast<uint32_t>(domains.size());
    }

    // The rest of the world does something, not all of it sensible.
    void move() {
        state.now += _random.below(30 * millisecond);
        for (policy_domain& domain : domains) {
            measure(domain);
            report(domain);
            messages(domain);
        }
    }

    void step() {
        actions.assign(domains.size() * POLICY_ACTIONS_PER_DOMAIN, {});
        uint32_t count = 0;
        ASSERT_EQ(
            policy_step(&state, actions.data(), static_cast<uint32_t>(actions.size()), &count),
            POLICY_OK);
        actions.resize(count);
    }

    // One domain's requests between two steps, of whatever kind they are.
    void answer(uint32_t index) {
        state.now += _random.below(3 * millisecond);
        measure(domains[index]);
        messages(domains[index]);
        actions.assign(POLICY_ACTIONS_PER_DOMAIN, {});
        uint32_t count = 0;
        ASSERT_EQ(policy_answer(&state, index, actions.data(),
                                static_cast<uint32_t>(actions.size()), &count),
                  POLICY_OK);
        actions.resize(count);
    }

    policy_state state{};
    std::vector<policy_domain> domains;
    std::vector<policy_action> actions;

private:
    uint32_t below(uint64_t bound) { return static_cast<uint32_t>(_random.below(bound)); }
    bool rarely() { return below(10) == 0; }

    void create(policy_domain& domain) {
        domain.config.id = below(UINT32_MAX);
        domain.config.weight = rarely() ? 1 + below(65535) : 128 + below(512);
        domain.config.ceiling = 1 + below(POLICY_MOST_PROCESSORS);
        domain.config.minimum = 1 + below(rarely() ? domain.config.ceiling : 1);
        domain.config.cap_percent = rarely() ? 1 + below(1600) : 0;
        domain.config.capabilities = rarely() ? below(16) : 7 | below(16);
        domain.measured.online = below(domain.config.ceiling + 1);
    }

    void measure(policy_domain& domain) {
        policy_measured& measured = domain.measured;
        if (rarely())
            measured.online = below(domain.config.ceiling + 1);
        measured.active = below(measured.online + 1);
        measured.runnable = rarely() ? below(UINT32_MAX) : below(measured.online * 1000 + 1);
        measured.processor_time += _random.below(rarely() ? UINT64_MAX : 100 * millisecond);
    }

    void report(policy_domain& domain) {
        policy_report& report = domain.report;
        if (rarely())
            report.time = _random.next();
        else
            report.time = state.now - below(3);
        report.load = rarely() ? below(UINT32_MAX) : below(8);
        report.demand = rarely() ? below(UINT32_MAX) : below(16000);
        report.confidence = rarely() ? below(UINT32_MAX) : below(101);
        report.runnable_threads = below(UINT32_MAX);
        report.processor_count = below(UINT32_MAX);
    }

    void messages(policy_domain& domain) {
        policy_inbox& inbox = domain.inbox;
        if (rarely())
            inbox.request_count = below(POLICY_MOST_REQUESTS + 1);
        for (policy_request& request : inbox.requests)
            request = {below(UINT32_MAX),
                       below(rarely() ? UINT32_MAX : 12),
                       below(4),
                       0,
                       rarely() ? _random.next() : 0,
                       rarely() ? _random.next() : 0};
        inbox.released = rarely() ? below(rarely() ? UINT32_MAX : 4) : 0;
        uint32_t const offer = domain.memory.offer.number;
        uint32_t const reclaim = domain.memory.reclaim.number;
        inbox.offer = {rarely() ? below(UINT32_MAX) : offer, below(4)};
        inbox.reclaim = {rarely() ? below(UINT32_MAX) : reclaim, below(4)};
    }

    Random _random;
};

uint32_t limit(World const& world, policy_domain const& domain) {
    return std::max(domain.config.minimum, std::min(domain.config.ceiling, world.state.processors));
}

TEST(Random, nothing_ever_leaves_its_bounds) {
    for (uint64_t seed = 0; seed < seeds; ++seed) {
        World world{seed, 12};
        for (int i = 0; i < steps; ++i) {
            world.move();
            world.step();
            uint64_t shares = 0, wanted = 0;
            for (policy_domain const& domain : world.domains) {
                EXPECT_GE(domain.memory.allocated, domain.config.minimum);
                EXPECT_LE(domain.memory.allocated, limit(world, domain));
                EXPECT_GE(domain.memory.target, domain.config.minimum);
                EXPECT_LE(domain.memory.target, limit(world, domain));
                shares += domain.memory.share;
                wanted += domain.memory.scratch;
            }
            EXPECT_LE(shares, uint64_t{world.state.processors} * POLICY_WHOLE);
            uint64_t const due = std::min(wanted, uint64_t{world.state.processors} * POLICY_WHOLE);
            EXPECT_GE(shares + world.domains.size(), due) << "work is conserved";
            for (policy_action const& action : world.actions) {
                ASSERT_LT(action.index, world.domains.size());
                policy_domain const& domain = world.domains[action.index];
                EXPECT_EQ(action.domain, domain.config.id);
                if (action.kind == POLICY_OFFER || action.kind == POLICY_RECLAIM) {
                    EXPECT_GE(action.processors, domain.config.minimum);
                    EXPECT_LE(action.processors, limit(world, domain));
                    EXPECT_GT(action.until, world.state.now);
                }
                if (action.kind == POLICY_SET_WEIGHT) {
                    EXPECT_GE(action.value, 1u);
                    EXPECT_LE(action.value, 65535u);
                }
            }
        }
    }
}

TEST(Random, every_request_is_answered_once_and_in_its_step) {
    for (uint64_t seed = 0; seed < seeds; ++seed) {
        World world{seed, 12};
        for (int i = 0; i < steps; ++i) {
            world.move();
            std::vector<policy_inbox> asked;
            for (policy_domain const& domain : world.domains)
                asked.push_back(domain.inbox);
            world.step();
            for (uint32_t index = 0; index < asked.size(); ++index) {
                std::vector<uint32_t> numbers, answered;
                for (uint32_t j = 0; j < asked[index].request_count; ++j)
                    numbers.push_back(asked[index].requests[j].number);
                for (policy_action const& action : world.actions)
                    if (action.kind == POLICY_ANSWER && action.index == index) {
                        answered.push_back(action.number);
                        EXPECT_NE(action.answer, 0u);
                        EXPECT_NE(action.reason, uint32_t{POLICY_NO_REASON});
                    }
                EXPECT_EQ(numbers, answered);
                EXPECT_EQ(world.domains[index].inbox.request_count, 0u);
            }
        }
    }
}

TEST(Random, answers_between_steps_stay_in_bounds_and_cost_no_more_with_more_domains) {
    for (uint64_t seed = 0; seed < seeds; ++seed) {
        World world{seed, 12};
        for (int i = 0; i < steps; ++i) {
            world.move();
            world.step();
            for (uint32_t index = 0; index < world.domains.size(); ++index) {
                world.answer(index);
                policy_domain const& domain = world.domains[index];
                EXPECT_GE(domain.memory.allocated, domain.config.minimum);
                EXPECT_LE(domain.memory.allocated, limit(world, domain));
                EXPECT_EQ(domain.inbox.request_count, 0u);
                EXPECT_LE(world.state.work, 1u + POLICY_MOST_REQUESTS);
                for (policy_action const& action : world.actions)
                    EXPECT_EQ(action.index, index);
            }
        }
    }
}

// Each offer and each reclaim ends once: by its reply, or withdrawn, or enforced.
TEST(Random, numbers_are_new_and_one_of_a_kind_is_open) {
    for (uint64_t seed = 0; seed < seeds; ++seed) {
        World world{seed, 6};
        uint32_t last = 0;
        for (int i = 0; i < steps; ++i) {
            world.move();
            std::vector<policy_memory> before;
            for (policy_domain const& domain : world.domains)
                before.push_back(domain.memory);
            world.step();
            std::map<uint32_t, int> reclaims;
            for (policy_action const& action : world.actions) {
                policy_memory const& old = before[action.index];
                if (action.kind == POLICY_OFFER || action.kind == POLICY_RECLAIM) {
                    EXPECT_GT(action.number, last);
                    last = std::max(last, action.number);
                }
                if (action.kind == POLICY_RECLAIM) {
                    EXPECT_EQ(old.reclaim.number, 0u);
                    EXPECT_EQ(++reclaims[action.index], 1);
                }
                if (action.kind == POLICY_ENFORCE) {
                    EXPECT_EQ(action.number, old.reclaim.number);
                    EXPECT_FALSE(old.enforced);
                    EXPECT_GT(world.state.now, old.reclaim.deadline);
                }
            }
        }
    }
}

TEST(Random, equal_states_give_equal_actions) {
    for (uint64_t seed = 0; seed < seeds; ++seed) {
        World one{seed, 12}, other{seed, 12};
        for (int i = 0; i < steps; ++i) {
            one.move();
            other.move();
            one.step();
            other.step();
            ASSERT_EQ(one.actions.size(), other.actions.size());
            size_t const bytes = one.actions.size() * sizeof(policy_action);
            EXPECT_EQ(std::memcmp(one.actions.data(), other.actions.data(), bytes), 0);
        }
    }
}

// The same bound for each number of domains: so many loop bodies for each.
TEST(Random, a_step_is_work_for_each_domain_and_no_more) {
    constexpr uint64_t for_each = 200;
    uint64_t worst = 0;
    for (size_t domains : {1U, 10U, 100U, 1000U}) {
        World world{domains, domains};
        for (int i = 0; i < 20; ++i) {
            world.move();
            world.step();
            worst = std::max(worst, world.state.work / world.domains.size());
            EXPECT_LE(world.state.work, for_each * world.domains.size());
        }
    }
    EXPECT_GT(worst, for_each / 4) << "the bound is far from what happens";
}

} // namespace
