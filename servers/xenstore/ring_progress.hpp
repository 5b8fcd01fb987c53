// SPDX-License-Identifier: MIT
// Where in the two rings messages begin and end, written down before the rings' counts show it: a
// server that dies within a message leaves its successor the way to the next one. It lies in the
// server's `state`, which outlives it.
#pragma once

#include <stdint.h>

namespace lavandin::xenstore {

// One direction. Counts are the ring's own: bytes modulo 2^32.
class Message_mark {
public:
    // Between messages, with the ring at `count`.
    void reset(uint32_t count) {
        store(_begin, count);
        store(_end, count);
    }

    // A message of `bytes` begins, which nothing has been seen of yet. In between the two stores
    // the message seems to have no bytes, which is right: the one before it ended here.
    void open(uint32_t count, uint32_t bytes) {
        store(_begin, count);
        store(_end, count + bytes);
    }

    // What is missing of a message that the ring, at `count`, is within: 0 when it is not, or the
    // mark cannot be right.
    uint32_t missing(uint32_t count, uint32_t largest) const {
        uint32_t const left = _end - count;
        return count != _begin && left <= largest ? left : 0;
    }

private:
    // The order counts, for whoever reads it after our death: on the same processor.
    static void store(uint32_t& to, uint32_t value) {
        __atomic_store_n(&to, value, __ATOMIC_RELEASE);
    }

    uint32_t _begin;
    uint32_t _end;
};

struct Ring_progress {
    Message_mark requests;
    Message_mark answers;
};

} // namespace lavandin::xenstore
