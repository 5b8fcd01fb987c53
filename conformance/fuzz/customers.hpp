// SPDX-License-Identifier: MIT
// A process whose threads call at an endpoint all the time, so that who makes system calls at
// random has callers to receive and to answer. It takes any answer; what is judged is that its
// calls end as those of one who does nothing wrong may end.
#pragma once

#include "framework/child.hpp"

namespace conformance {

class Customers {
public:
    // Starts them. Errors: those of the system calls.
    Result<void> start();

    // Where they call. The test, which can receive there, answers nobody.
    Capability_index counter() const { return _counter.index(); }

    uint64_t answered() const { return _record->answered; }
    // The test fails when a call has ended in a way that no receiver can bring about.
    void check() const;

private:
    struct Record {
        uint64_t answered;
        uint64_t strange; // a bit for each Error
    };
    static constexpr uint64_t record_address = 0x4200'0000;

    static void call(Words const& words);
    static void call_for_ever(Capability_index counter, Capability_index bell, uint64_t seed);

    Endpoint _counter;
    Notification _bell;
    Record* _record{nullptr};
    Child _process;
};

} // namespace conformance
