// SPDX-License-Identifier: MIT
// Processes that do known work all the time, while another one does its worst. Each works in
// rounds, of which there are only a few different ones: what a round came to when nothing else ran
// is what it must come to ever after.
#pragma once

#include "framework/child.hpp"
#include "fuzz/customers.hpp"

#include <array>

namespace conformance {

struct Neighbour_record {
    static constexpr uint64_t different_rounds = 16;

    uint64_t rounds; // done
    uint64_t wrong;  // of these, that came to something else than the first time
    uint64_t wrong_round;
    uint64_t wrong_result;
    uint64_t results[different_rounds]; // of the first time
};

class Neighbours {
public:
    // Starts them all. Errors: those of the system calls.
    Result<void> start();

    // Waits until each has done so many more rounds. False, and says who, when one has not.
    bool wait_for_rounds(uint64_t more) const;

    // The endpoint at which one of them answers; so does it anybody else who calls.
    Capability_index service() const { return _service.index(); }
    // The endpoint at which some of them call.
    Capability_index counter() const { return _customers.counter(); }
    // They signal it, and none of them waits for it.
    Capability_index bell() const { return _bell.index(); }

    // The test fails when one has come to a halt or to a wrong result.
    void check() const;
    uint64_t rounds() const;                                    // of all together
    uint64_t answered() const { return _customers.answered(); } // of their calls

private:
    static constexpr size_t kinds = 4;

    Result<void> start(size_t kind, Capability_index records);
    uint64_t rounds(size_t kind) const;

    Neighbour_record* _records{nullptr};
    Endpoint _service;
    Notification _bell;
    Notification _there, _back; // between two of them
    Child _server, _echo;
    Customers _customers;
    std::array<Child, kinds> _workers;
};

} // namespace conformance
