// SPDX-License-Identifier: MIT
// Processors as clients of the resource manager see them. Errors are those of
// resource_manager_protocol::Label, and those of endpoint_call.
#pragma once

#include <lavandin/call.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/resource_manager_protocol.hpp>

namespace lavandin {

class Resource_manager_client {
public:
    using Outcome = resource_manager_protocol::Outcome;

    // By default the one this process was given as `resources`.
    explicit Resource_manager_client(
        Capability_index endpoint = environment().capability("resources"))
        : _endpoint{endpoint} {}

    Result<resource_manager_protocol::Entry> entry(uint64_t number) const;

    // What is answered is Outcome::error; of `pinned` the obstacle is written to `*obstacle`,
    // unless that is nullptr. `deadline`: nanoseconds of the clock.
    using Obstacle = resource_manager_protocol::Obstacle;
    Result<void> start(uint64_t number, uint64_t deadline = forever) const;
    Result<void> park(uint64_t number, uint64_t deadline = forever,
                      Obstacle* obstacle = nullptr) const;
    Result<void> unpark(uint64_t number) const;
    Result<void> stop(uint64_t number, uint64_t deadline = forever,
                      Obstacle* obstacle = nullptr) const;

    Result<resource_manager_protocol::Cooperation_state> cooperation() const;
    // Each waits for the outcome; nanoseconds for which it is wanted.
    Result<resource_manager_protocol::Asked> request(uint64_t processors, uint64_t duration) const;
    Result<resource_manager_protocol::Asked> give(uint64_t processors, uint64_t duration) const;

private:
    Result<resource_manager_protocol::Asked>
    ask_other(resource_manager_protocol::Label label, uint64_t processors, uint64_t duration) const;
    Result<void> ask(resource_manager_protocol::Label label, uint64_t number, uint64_t deadline,
                     Obstacle* obstacle) const;

    Capability_index _endpoint;
};

} // namespace lavandin
