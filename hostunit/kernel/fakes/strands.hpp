// SPDX-License-Identifier: MIT
// What the processors of the machine execute. One of them at a time does; it goes on until it waits
// for another (arch::wait), and so everything happens in the same order each time.
//
//   run(0, entry)   0: entry ... waits          ... entry returns
//                             \                /
//                              1: its event ...    ... until nobody is woken any more
//
// Who waits gives way to one that has been woken, else to one that was kicked in user mode and now
// takes its event. When there is neither, it waits for ever, and the test ends.
#pragma once

#include "at_once.hpp"
#include <array>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace fake {

inline constexpr uint32_t machine_processors = 8;

class Strands {
public:
    using Entry = std::function<void()>;

    // The processor that executes; without a strand, the one that a test has chosen.
    uint32_t executing() const { return at_once ? at_once->executing() : _executing; }
    void choose(uint32_t processor) { _executing = processor; }

    // Executes `entry` on that processor, and all that others have to do because of it.
    void run(uint32_t processor, Entry const& entry);

    // That processor, which does nothing, executes `entry` until it waits for the one that executes
    // now, or to its end. The latter goes on then, and the former when it is woken.
    void begin(uint32_t processor, Entry const& entry);

    // What that processor does when somebody waits for it to leave user mode; once. Else it takes
    // its event.
    void when_interrupted(uint32_t processor, Entry entry) {
        _interrupted[processor] = std::move(entry);
    }
    // Takes the event that a kick has raised.
    void set_event(Entry entry) { _event = std::move(entry); }

    void prepare_to_wait() { _strands[_executing].woken = false; }
    void wait();
    void wake(uint32_t processor) { _strands[processor].woken = true; }
    // Somebody else has to run before `relax` makes sense.
    bool alone() const { return _running == 1; }

private:
    struct Strand {
        bool runs{false};  // begun and not finished
        bool waits{false}; // in wait()
        bool woken{false}; // since prepare_to_wait()
        bool guest{false}; // on a thread of its own
        std::thread thread;
    };

    static constexpr uint32_t nobody = ~uint32_t{0};

    uint32_t next_woken() const;
    uint32_t next_kicked() const;
    bool begin_another();
    void begin_guest(uint32_t processor, Entry const& entry);
    void pass_to(std::unique_lock<std::mutex>& lock, uint32_t processor, uint32_t self);
    void execute_guest(uint32_t processor, Entry const& entry);
    void finish(uint32_t processor);

    std::array<Strand, machine_processors> _strands{};
    std::array<Entry, machine_processors> _interrupted{};
    Entry _event;
    uint32_t _executing{0};
    uint32_t _home{nobody}; // whose strand is the test's own thread
    bool _home_done{true};
    unsigned _running{0};
    std::exception_ptr _thrown;
    std::mutex _mutex;
    std::condition_variable _passed;
    uint32_t _baton{nobody}; // a processor, or nobody: the test itself
};

Strands& strands();

} // namespace fake
