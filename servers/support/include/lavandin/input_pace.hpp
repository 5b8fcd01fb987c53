// SPDX-License-Identifier: MIT
// How much of what somebody sends to take, so that one who sends without end takes no more than a
// share of the processor: so many bytes in each window of time, then nothing for as long. What is
// not taken stays in the ring.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace lavandin {

template <size_t bytes_in_window>
class Input_pace {
public:
    static constexpr uint64_t window = 10'000'000; // nanoseconds
    static constexpr size_t in_window = bytes_in_window;

    // How many bytes may be taken at `now`.
    size_t room(uint64_t now) {
        if (now < _rest_end)
            return 0;
        if (now - _begin >= window) {
            _begin = now;
            _taken = 0;
        }
        return in_window - _taken;
    }

    // So many were taken, and it is `now`. The rest counts from here: taking them may have been
    // long.
    void took(size_t bytes, uint64_t now) {
        _taken += bytes;
        if (_taken < in_window)
            return;
        _begin = _rest_end = now + window;
        _taken = 0;
    }

    // When there is room again, if there is none.
    uint64_t rest_end() const { return _rest_end; }

private:
    uint64_t _begin{0};
    uint64_t _rest_end{0};
    size_t _taken{0};
};

} // namespace lavandin
