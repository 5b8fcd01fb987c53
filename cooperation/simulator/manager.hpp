// SPDX-License-Identifier: MIT
// The VMM's side: keeps the policy's state, steps it, carries out its actions. What coopd does.
#pragma once

#include "agent.hpp"

#include <map>
#include <memory>

namespace lavandin::simulator {

// What became of a domain, counted.
struct Tally {
    std::map<uint32_t, unsigned> answers; // by enum policy_answer
    unsigned offers{0}, reclaims{0}, enforcements{0}, weights{0}, would{0};
    unsigned changes{0};   // of the number of processors allowed
    unsigned reversals{0}; // of these, turning back
    int direction{0};
    unsigned requests{0};
};

class Manager {
public:
    Manager(Events& events, Host& host, Scenario const& scenario, std::deque<Guest>& guests,
            policy_kind kind);

    void start();
    Agent const& agent(size_t guest) const { return *_links[guest]->agent; }
    policy_memory const& memory(size_t guest) const { return _domains[guest].memory; }
    Tally const& tally(size_t guest) const { return _tallies[guest]; }
    std::vector<std::string> const& log() const { return _log; }

    // Called after each step with the state as it was before, for replay.
    std::function<void(policy_state const&, std::vector<policy_domain> const&,
                       std::vector<policy_action> const&)>
        recorder;

private:
    class Link : public Manager_link {
    public:
        Link(Manager& manager, size_t index) : _manager{manager}, _index{index} {}

        void report(policy_report const& report) override;
        void request(policy_request const& request) override;
        void release(unsigned processors) override;
        void reply_offer(policy_reply reply) override;
        void reply_reclaim(policy_reply reply) override;

        std::unique_ptr<Agent> agent;
        std::deque<policy_request> waiting; // beyond the inbox

    private:
        void deliver(std::function<void(policy_domain&)> what);

        Manager& _manager;
        size_t _index;
    };

    static constexpr size_t most_waiting = 64; // requests of a guest; more are lost

    void tick();
    void measure();
    void measure(size_t index);
    void act(policy_action const& action);
    void send(policy_action const& action);
    void count_change(size_t index, unsigned before);
    void note(policy_action const& action);

    Events& _events;
    Host& _host;
    Scenario const& _scenario;
    std::deque<Guest>& _guests;
    Random _random;
    policy_state _state{};
    std::vector<policy_domain> _domains;
    std::vector<policy_history> _histories;
    std::vector<std::unique_ptr<Link>> _links;
    std::vector<Tally> _tallies;
    std::vector<std::vector<Time>> _awake;
    std::vector<std::string> _log;
    Time _measured_at{0};
};

} // namespace lavandin::simulator
