// SPDX-License-Identifier: MIT
// Callers that are answered later, the oldest first: so many in all, and so many of one client, so
// that none can take all places.
#pragma once

#include <lavandin/init_protocol.hpp>
#include <lavandin/server.hpp>

#include <algorithm>
#include <array>

namespace lavandin::console {

template <size_t most, size_t most_of_client>
class Waiting_calls {
public:
    using Client = init_protocol::Process_number;
    static constexpr size_t limit = most;

    struct Waiting {
        Client client{0};
        Deferred_answer answer;
        size_t bytes{0}; // that it asked for
    };

    size_t size() const { return _size; }
    bool empty() const { return _size == 0; }

    // Lets the caller wait. When it cannot (false), its request has failed: busy when there is no
    // place for it, and the errors of Request::defer.
    bool add(Request& request, size_t bytes = 0) {
        auto const client = init_protocol::badge_process(request.badge());
        auto const of_client = std::count_if(
            begin(), end(), [client](Waiting const& other) { return other.client == client; });
        if (_size == limit || static_cast<size_t>(of_client) >= most_of_client)
            return refuse(request, Error::busy);
        auto answer = request.defer();
        if (!answer.ok())
            return refuse(request, answer.error());
        _waiting[_size++] = {client, static_cast<Deferred_answer&&>(answer.value()), bytes};
        return true;
    }

    // The oldest; only when not empty.
    Waiting& front() { return _waiting[0]; }

    // Takes the oldest out; only when not empty.
    Deferred_answer take() {
        auto answer = static_cast<Deferred_answer&&>(_waiting[0].answer);
        std::move(begin() + 1, end(), begin());
        _waiting[--_size] = {};
        return answer;
    }

    // Calls `note` with the client of each.
    void clients(auto const& note) const {
        for (size_t i = 0; i < _size; ++i)
            note(_waiting[i].client);
    }

    // Drops those of a client that has ended.
    void forget(Client client) {
        auto* const rest = std::remove_if(
            begin(), end(), [client](Waiting const& other) { return other.client == client; });
        for (auto* dropped = rest; dropped != end(); ++dropped)
            *dropped = {};
        _size = static_cast<size_t>(rest - begin());
    }

private:
    static bool refuse(Request& request, Error error) {
        request.fail(error);
        return false;
    }

    Waiting* begin() { return _waiting.data(); }
    Waiting* end() { return _waiting.data() + _size; }

    std::array<Waiting, limit> _waiting;
    size_t _size{0};
};

} // namespace lavandin::console
