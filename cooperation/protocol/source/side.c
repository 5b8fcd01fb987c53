// SPDX-License-Identifier: MIT
#include <cooperation/side.h>
#include <cooperation/types.h>

static void store(uint32_t* field, uint32_t value) {
    __atomic_store_n(field, value, __ATOMIC_RELEASE);
}

static uint32_t load(uint32_t const* field) { return __atomic_load_n(field, __ATOMIC_ACQUIRE); }

void coop_side_open(struct coop_side* own, uint32_t magic, uint32_t incarnation) {
    store(&own->state, COOP_SIDE_ABSENT);
    store(&own->magic, magic);
    store(&own->incarnation, incarnation);
    store(&own->state, COOP_SIDE_OPEN);
}

void coop_side_close(struct coop_side* own) { store(&own->state, COOP_SIDE_CLOSED); }

uint32_t coop_side_state(struct coop_side const* other, uint32_t magic) {
    uint32_t const state = load(&other->state);
    int const known = state == COOP_SIDE_OPEN || state == COOP_SIDE_CLOSED;
    return known && load(&other->magic) == magic ? state : (uint32_t)COOP_SIDE_ABSENT;
}

void coop_side_set_incarnation(struct coop_side* own, uint32_t incarnation) {
    store(&own->incarnation, incarnation);
}

uint32_t coop_side_incarnation(struct coop_side const* side) { return load(&side->incarnation); }
