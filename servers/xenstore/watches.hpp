// SPDX-License-Identifier: MIT
// The watches of clients and the events that wait to be fetched. In the store a watch has a token
// of ours, a serial number that is never used again, so that clients cannot meet each other there
// and an event of a watch that is gone finds nobody.
#pragma once

#include "store_path.hpp"

#include <array>
#include <lavandin/abi/result.hpp>
#include <lavandin/fixed_queue.hpp>
#include <span>

namespace lavandin::xenstore {

//   free -> adding -> active -> leaving (to be taken back) -> removing (asked for) -> free
//        -> lost (a predecessor's, to be set again) -> adding
struct Watch {
    enum class State : uint8_t { free, lost, adding, active, leaving, removing };

    State state{State::free};
    Client client{0};
    uint32_t serial{0};
    uint64_t token{0}; // the client's
    Kept_path path;
    Fixed_queue<Kept_path, 4> events;

    uint32_t kept_as{0};   // the number under which a successor finds it; 0: not yet
    bool inherited{false}; // from a predecessor: its client waits for events, not for an answer

    bool alive() const {
        return state == State::lost || state == State::adding || state == State::active;
    }
};

class Watches {
public:
    static constexpr size_t maximum = 24;

    struct Wire_token {
        char text[12];
        size_t length;
        operator std::string_view() const { return {text, length}; }
    };
    static Wire_token wire_token(Watch const& watch);

    // Serial numbers begin behind this one.
    explicit Watches(uint32_t last_serial) : _last_serial{last_serial} {}

    // Errors: as of Label::watch.
    abi::Result<Watch*> add(Client client, std::string_view path, uint64_t token);

    // The client's living watch, or nullptr.
    Watch* find(Client client, uint64_t token);
    Watch* find(uint32_t serial);
    size_t index_of(Watch const& watch) const {
        return static_cast<size_t>(&watch - _watches.data());
    }

    // Notes an event as the store told it. Answers the watch that it belongs to, or nullptr.
    Watch* event(std::string_view path, std::string_view wire_token);
    // Takes the client's next event. Errors: not_mapped.
    struct Event {
        Kept_path path;
        uint64_t token;
    };
    abi::Result<Event> take_event(Client client);

    std::span<Watch> all() { return _watches; }

private:
    static void note(Watch& watch, std::string_view path);

    std::array<Watch, maximum> _watches{};
    uint32_t _last_serial;
    size_t _next_fetched{0}; // where take_event goes on, so that a busy watch hides no other
};

} // namespace lavandin::xenstore
