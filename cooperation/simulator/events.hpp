// SPDX-License-Identifier: MIT
// Simulated time: what happens next, in order; what is due at the same moment happens in the order
// in which it was asked for, so that a run repeats exactly.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace lavandin::simulator {

using Time = uint64_t; // nanoseconds

constexpr Time microsecond = 1'000;
constexpr Time millisecond = 1'000'000;
constexpr Time second = 1'000'000'000;

class Events {
public:
    Time now() const { return _now; }

    void at(Time time, std::function<void()> what) {
        _queue.push({time < _now ? _now : time, _sequence++, std::move(what)});
    }

    void after(Time delay, std::function<void()> what) { at(_now + delay, std::move(what)); }

    // All that is due before `end`; then it is `end`.
    void run_until(Time end) {
        while (!_queue.empty() && _queue.top().time < end) {
            Event event = _queue.top();
            _queue.pop();
            _now = event.time;
            event.what();
        }
        _now = end;
    }

private:
    struct Event {
        Time time;
        uint64_t sequence;
        std::function<void()> what;

        bool operator<(Event const& other) const {
            return time != other.time ? time > other.time : sequence > other.sequence;
        }
    };

    std::priority_queue<Event> _queue;
    Time _now{0};
    uint64_t _sequence{0};
};

} // namespace lavandin::simulator
