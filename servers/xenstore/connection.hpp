// SPDX-License-Identifier: MIT
// The connection to xenstored: whole messages through the two byte rings of the store's page, with
// the other side treated as hostile. Messages that the ring has no room for wait in a queue.
#pragma once

#include "ring_progress.hpp"
#include "wire.hpp"

#include <lavandin/byte_ring.hpp>
#include <lavandin/fixed_queue.hpp>

namespace lavandin::xenstore {

class Connection {
public:
    static constexpr size_t maximum_waiting = 8192;
    static constexpr size_t bytes_at_once = 8192; // taken by one pump(), whatever there is

    // Which connection of this ring it is. `number`: from 1; numbers of requests do not come again
    // before 2^12 connections.
    struct Generation {
        uint32_t number;
        bool first() const { return number <= 1; }
    };

    // Takes the counts as it finds them: a boot loader may have used the ring before. What a
    // predecessor had sent of a request is filled up with zeros, and what it had not taken of an
    // answer is passed over, as `progress` tells; of the first of all nothing is known.
    Connection(xenstore_domain_interface& page, Ring_progress& progress, Generation generation);

    // Sends a request; it goes into the ring now or with a later pump(). Answers its number, by
    // which the answer is known; 0 when the connection is lost or too much waits already.
    uint32_t send(uint32_t type, std::initializer_list<std::string_view> strings,
                  bool open_end = false, uint32_t transaction = 0);

    // Moves what can be moved, but takes `limit` bytes at most, and calls `arrived(Message const&)`
    // for each whole message. True when anything moved: the other side wants to be told then.
    template <typename Arrived>
    bool pump(Arrived arrived, size_t limit = bytes_at_once) {
        bool moved = pump_requests();
        size_t left = limit;
        while (size_t const bytes = receive(left)) {
            moved = true;
            left -= bytes;
            if (_reader.complete()) {
                arrived(_reader.message());
                _reader.next();
            }
        }
        _taken = limit - left;
        _exhausted = left < sizeof(xsd_sockmsg);
        return pump_requests() || moved;
    }

    // Moves requests only. True when anything moved.
    bool pump_requests();

    // How many bytes the last pump() took, and whether it stopped because there was a limit.
    size_t taken() const { return _taken; }
    bool exhausted() const { return _exhausted; }

    // False once a count or a message's size was one that cannot be. Nothing moves any more.
    bool working() const {
        return !_requests.damaged() && !_answers.damaged() && !_reader.broken();
    }

    // A message has begun to arrive and is not whole.
    bool within_message() {
        uint32_t const held = _answers.available();
        return _reader.within_message() || (held != 0 && held < sizeof(xsd_sockmsg));
    }

    // Begins anew where the counts stand now. What has arrived is lost; so is, when it was the
    // count of taken requests that could not be, what has not been sent.
    void restart();

private:
    static constexpr uint32_t largest_message = sizeof(xsd_sockmsg) + XENSTORE_PAYLOAD_MAX;

    bool open_request();
    size_t receive(size_t limit);
    size_t receive_header(size_t limit);
    size_t pass_over(size_t limit);

    Ring_producer<XENSTORE_RING_SIZE> _requests;
    Ring_consumer<XENSTORE_RING_SIZE> _answers;
    Ring_progress& _progress;
    Message_reader _reader;
    Fixed_queue<char, maximum_waiting> _waiting;
    uint32_t _request_left{0}; // bytes of the request that the ring has got the beginning of
    uint32_t _answer_left{0};  // bytes of a predecessor's answer
    uint32_t _last_request;
    size_t _taken{0};
    bool _exhausted{false};
};

} // namespace lavandin::xenstore
