// SPDX-License-Identifier: MIT
// The connection to xenstored: whole messages through the two byte rings of the store's page, with
// the other side treated as hostile. Messages that the ring has no room for wait in a queue.
#pragma once

#include "wire.hpp"

#include <lavandin/byte_ring.hpp>
#include <lavandin/fixed_queue.hpp>

namespace lavandin::xenstore {

class Connection {
public:
    static constexpr size_t maximum_waiting = 8192;

    // Takes the counts as it finds them: a boot loader may have used the ring before.
    explicit Connection(xenstore_domain_interface& page)
        : _requests{page.req, &page.req_prod, &page.req_cons}, _answers{page.rsp, &page.rsp_cons,
                                                                        &page.rsp_prod} {}

    // Sends a request; it goes into the ring now or with a later pump(). Answers its number, by
    // which the answer is known; 0 when the connection is lost or too much waits already.
    uint32_t send(uint32_t type, std::initializer_list<std::string_view> strings,
                  bool open_end = false);

    // Moves what can be moved and calls `arrived(Message const&)` for each whole message. True when
    // anything moved: the other side wants to be told then.
    template <typename Arrived>
    bool pump(Arrived arrived) {
        bool moved = pump_requests();
        while (size_t const bytes = receive()) {
            moved = true;
            _reader.received(bytes);
            if (_reader.complete()) {
                arrived(_reader.message());
                _reader.next();
            }
        }
        return pump_requests() || moved;
    }

    // False once a count or a message's size was one that cannot be. Nothing moves any more.
    bool working() const {
        return !_requests.damaged() && !_answers.damaged() && !_reader.broken();
    }

private:
    bool pump_requests();
    size_t receive();

    Ring_producer<XENSTORE_RING_SIZE> _requests;
    Ring_consumer<XENSTORE_RING_SIZE> _answers;
    Message_reader _reader;
    Fixed_queue<char, maximum_waiting> _waiting;
    uint32_t _last_request{0};
};

} // namespace lavandin::xenstore
