// SPDX-License-Identifier: MIT
// Bounds how much of the log one client can take from the others.
#pragma once

#include <array>
#include <stdint.h>

namespace lavandin::log {

class Rate_limit {
public:
    static constexpr uint32_t messages_per_second = 50;

    // True when this client may write now; `now` in nanoseconds. Clients whose numbers fall on the
    // same place share it.
    bool allow(uint32_t client, uint64_t now) {
        Place& place = _places[client % _places.size()];
        uint64_t const second = now / 1'000'000'000;
        if (place.second != second)
            place = {second, 0};
        if (place.messages == messages_per_second)
            return false;
        ++place.messages;
        return true;
    }

private:
    struct Place {
        uint64_t second{0};
        uint32_t messages{0};
    };

    std::array<Place, 64> _places{};
};

} // namespace lavandin::log
