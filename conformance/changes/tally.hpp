// SPDX-License-Identifier: MIT
// How often each transition was asked for in which state, and what was answered.
#pragma once

#include <lavandin/abi/process.hpp>
#include <lavandin/abi/processor.hpp>
#include <lavandin/system_calls.hpp>

namespace changes {

using namespace lavandin;
using abi::Processor_action;
using abi::Processor_state;

class Tally {
public:
    // From any thread.
    void note(Processor_state from, Processor_action action, Error answer) {
        __atomic_fetch_add(&at(from, action, answer), 1, __ATOMIC_RELAXED);
    }

    uint32_t count(Processor_state from, Processor_action action, Error answer) const {
        return __atomic_load_n(&const_cast<Tally&>(*this).at(from, action, answer),
                               __ATOMIC_RELAXED);
    }
    uint32_t count(Error answer) const;
    uint32_t given_up(Processor_state from) const;

    // Prints one line for each that occurred.
    void print() const;
    // Whether each legal transition was made `times` and each refusal came; prints what is missing
    // unless `quiet`. While somebody else changes the processors, too, a few are counted in another
    // state than they were in.
    bool complete(uint32_t times, bool quiet) const;

private:
    static constexpr size_t answers = static_cast<size_t>(Error::end);

    uint32_t& at(Processor_state from, Processor_action action, Error answer) {
        return _counts[static_cast<size_t>(from)][static_cast<size_t>(action)]
                      [static_cast<size_t>(answer)];
    }

    uint32_t _counts[abi::processor_states][abi::processor_actions][answers]{};
};

} // namespace changes
