// SPDX-License-Identifier: MIT
#include <cooperation/codec.h>
#include <cooperation/ring.h>

COOP_STATIC_ASSERT((COOP_RING_SLOTS & (COOP_RING_SLOTS - 1)) == 0);

static uint32_t slot(uint32_t count) { return count & (COOP_RING_SLOTS - 1); }

static uint32_t look(uint32_t const* count) { return __atomic_load_n(count, __ATOMIC_ACQUIRE); }

// The slot's bytes are written, or read, before the other side sees the count.
static void publish(uint32_t* published, uint32_t count) {
    __atomic_store_n(published, count, __ATOMIC_RELEASE);
}

void coop_producer_begin(struct coop_producer* ring, struct coop_side* own,
                         struct coop_message* slots, struct coop_side const* other) {
    ring->slots = slots;
    ring->published = &own->produced;
    ring->other = &other->consumed;
    ring->count = look(&own->produced);
}

void coop_consumer_begin(struct coop_consumer* ring, struct coop_side* own,
                         struct coop_message const* slots, struct coop_side const* other) {
    ring->slots = slots;
    ring->published = &own->consumed;
    ring->other = &other->produced;
    ring->count = look(&own->consumed);
}

uint32_t coop_producer_room(struct coop_producer const* ring) {
    uint32_t const held = ring->count - look(ring->other);
    return held <= COOP_RING_SLOTS ? COOP_RING_SLOTS - held : 0;
}

enum coop_error coop_producer_put(struct coop_producer* ring, struct coop_message const* message) {
    uint32_t const held = ring->count - look(ring->other);
    if (held > COOP_RING_SLOTS)
        return COOP_ERROR_RING;
    if (held == COOP_RING_SLOTS)
        return COOP_ERROR_FULL;
    coop_message_copy(&ring->slots[slot(ring->count)], message);
    publish(ring->published, ++ring->count);
    return COOP_OK;
}

enum coop_error coop_consumer_take(struct coop_consumer* ring, struct coop_message* copy,
                                   int* was_full) {
    uint32_t const held = look(ring->other) - ring->count;
    if (was_full)
        *was_full = held == COOP_RING_SLOTS;
    if (held > COOP_RING_SLOTS)
        return COOP_ERROR_RING;
    if (held == 0)
        return COOP_ERROR_EMPTY;
    coop_message_copy(copy, &ring->slots[slot(ring->count)]);
    publish(ring->published, ++ring->count);
    return COOP_OK;
}

void coop_consumer_skip(struct coop_consumer* ring) {
    ring->count = look(ring->other);
    publish(ring->published, ring->count);
}
