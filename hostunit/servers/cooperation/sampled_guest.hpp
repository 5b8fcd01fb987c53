// SPDX-License-Identifier: MIT
// A guest of the simulator, seen as the kernel's accounts show one: times of processors and
// threads. The simulator knows the state of each thread at each moment; it is looked at every few
// microseconds.
#pragma once

#include "servers/resource_manager/cooperation/observation.hpp"

#include <cooperation/simulator/guest.hpp>
#include <memory>

namespace lavandin::resource_manager {

class Sampled_guest {
public:
    static constexpr simulator::Time step = 20 * simulator::microsecond;

    // On `physical` processors, for itself or beside a guest with so many threads that compute.
    Sampled_guest(std::vector<simulator::Load> const& loads, unsigned processors, unsigned physical,
                  unsigned neighbours, uint64_t seed);

    void run(simulator::Time time);
    Observation const& observation() const { return *_seen; }

private:
    void sample();
    void sample(simulator::Thread const& thread, Thread_observation& to);

    simulator::Events _events;
    simulator::Host _host;
    std::unique_ptr<simulator::Guest> _other;
    simulator::Guest_plan _plan; // outlives the guest
    simulator::Guest_plan _other_plan;
    std::unique_ptr<simulator::Guest> _guest;
    std::unique_ptr<Observation> _seen{new Observation{}};
    std::vector<bool> _waited;
    std::vector<simulator::Time> _woken;
};

} // namespace lavandin::resource_manager
