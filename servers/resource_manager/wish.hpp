// SPDX-License-Identifier: MIT
// What whoever runs this machine wants of one processor, and how far that is done. No system calls
// here. The record lies in the server's `state`, so that a successor goes on with it.
#pragma once

#include <lavandin/abi/error.hpp>
#include <lavandin/resource_manager_protocol.hpp>
#include <span>
#include <string_view>

namespace lavandin::resource_manager {

using abi::Processor_action;
using abi::Processor_state;
using resource_manager_protocol::Availability;
using resource_manager_protocol::Outcome;

// What the words of XenStore's cpu/N/availability mean; others mean nothing (Xen's
// docs/misc/xenstore-paths.pandoc).
Availability availability_named(std::string_view word);

std::string_view name_of(Processor_state state);
std::string_view name_of(Processor_action action);

struct Wish {
    Availability asked;
    uint64_t open; // 1: not done yet
    Processor_action refused_action;
    Outcome refusal; // its error is `none` when nothing is refused

    // Makes sense of what a predecessor left, which may have died while it wrote.
    void check();

    // True when that is news.
    bool ask(Availability wanted);

    // What leads from `state` towards what is asked.
    enum class Step : uint8_t { done, act, wait };
    struct Next {
        Step step;
        Processor_action action; // of `act`
    };
    Next next(Processor_state state) const;

    // Notes how a transition ended, whoever had asked for it.
    void ended(Processor_action action, Outcome const& outcome);
};

// The answer to what was asked, as words: "offline refused pinned by thread 12 of process 8
// (shell)". Cut off at the end of `to`.
std::string_view answer_of(Wish const& wish, std::span<char> to);

// Why something was refused, in words.
std::string_view reason_of(Outcome const& outcome, std::span<char> to);

// When to try again what was refused: soon, then ever later, as nobody tells when a thread is
// allowed elsewhere.
class Retry {
public:
    static constexpr uint64_t first = 100'000'000; // nanoseconds
    static constexpr uint64_t last = 10'000'000'000;
    static constexpr uint64_t never = ~uint64_t{0};

    uint64_t at() const { return _at; }
    void refused(uint64_t now) {
        _at = now + _pause;
        _pause = _pause * 2 < last ? _pause * 2 : last;
    }
    // Something has changed.
    void at_once() { *this = {}, _at = 0; }
    void stop() { *this = {}; }

private:
    uint64_t _at{never};
    uint64_t _pause{first};
};

} // namespace lavandin::resource_manager
