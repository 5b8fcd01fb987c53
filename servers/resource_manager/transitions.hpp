// SPDX-License-Identifier: MIT
// Transitions that take their time: threads of their own wait for the kernel, so that the server
// goes on serving. At most one per processor.
//
//   idle --submit--> queued --a thread takes it--> running --> ended --take_ended--> idle
//                      |                                         ^
//                      +--------------- take_back ---------------+
#pragma once

#include "processor_objects.hpp"

#include <lavandin/condition.hpp>
#include <lavandin/thread.hpp>
#include <optional>

namespace lavandin::resource_manager {

class Transitions {
public:
    // `ended` is signalled when one has ended. `priority`: of the threads.
    Transitions(Processor_objects const& processors, Notification&& ended, uint64_t priority)
        : _processors{processors}, _ended{static_cast<Notification&&>(ended)}, _priority{priority} {
    }

    // Starts threads, for so many transitions at the same time if possible, but at least for one.
    // Errors: those of Thread::start.
    Result<void> start(uint64_t at_once);

    bool idle(uint64_t number);
    // Only when idle.
    void submit(uint64_t number, Processor_action action, uint64_t deadline);

    // One that no thread has taken yet ends as `cancelled`. True when that was so.
    bool take_back(uint64_t number);

    struct Ended {
        uint64_t number;
        Processor_action action;
        Outcome outcome;
    };
    std::optional<Ended> take_ended();

private:
    static constexpr size_t maximum_threads = 4;
    static constexpr uint64_t stack_bytes = 16 * 1024;

    enum class State : uint8_t { idle, queued, running, ended };
    struct Transition {
        State state{State::idle};
        Processor_action action{};
        uint64_t deadline{0};
        Outcome outcome{};
    };

    static void work(void* self);
    Transition& next_queued();

    Processor_objects const& _processors;
    Notification const _ended;
    uint64_t const _priority;
    Mutex _mutex; // guards what follows
    Condition _queued;
    std::array<Transition, maximum_processors> _transitions{};
    size_t _queued_count{0};
    std::array<Thread, maximum_threads> _threads;
};

} // namespace lavandin::resource_manager
