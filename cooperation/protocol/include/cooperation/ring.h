// SPDX-License-Identifier: MIT
// Both ends of a ring of messages in pages that are shared with somebody who is not trusted. The
// own count lives here, is only ever published and never read back. The other side's count is
// read once per operation and checked before it is used.
#ifndef COOPERATION_RING_H
#define COOPERATION_RING_H

#include <cooperation/error.h>
#include <cooperation/message.h>
#include <cooperation/page.h>

struct coop_producer {
    struct coop_message* slots; // in the own page
    uint32_t* published;        // own side's `produced`
    uint32_t const* other;      // other side's `consumed`
    uint32_t count;
};

struct coop_consumer {
    struct coop_message const* slots; // in the other page
    uint32_t* published;              // own side's `consumed`
    uint32_t const* other;            // other side's `produced`
    uint32_t count;
};

COOP_BEGIN

// The own count is taken from the own page as it is found: a predecessor may have used the ring.
void coop_producer_begin(struct coop_producer* ring, struct coop_side* own,
                         struct coop_message* slots, struct coop_side const* other);

// The same; what the ring holds then is what nobody took yet.
void coop_consumer_begin(struct coop_consumer* ring, struct coop_side* own,
                         struct coop_message const* slots, struct coop_side const* other);

// Writes a message and publishes it. FULL, RING: nothing was written.
enum coop_error coop_producer_put(struct coop_producer* ring, struct coop_message const* message);

// How many messages can be put now; 0 if the other side's count cannot be.
uint32_t coop_producer_room(struct coop_producer const* ring);

// Copies the next message out and gives its slot back. `was_full` (may be NULL) says whether the
// other side may be waiting for a slot, so that an edge is due. EMPTY, RING: nothing was taken.
enum coop_error coop_consumer_take(struct coop_consumer* ring, struct coop_message* copy,
                                   int* was_full);

// Takes everything unread, whatever the other side's count is. What was lost is its own.
void coop_consumer_skip(struct coop_consumer* ring);

COOP_END

#endif
