// SPDX-License-Identifier: MIT
// Sequence numbers of one direction of one session: 1, 2, 3, ...; 2 follows 2^32 - 1,
// because 1 is HELLO's and WELCOME's alone; 0 is none.
#ifndef COOPERATION_SEQUENCE_H
#define COOPERATION_SEQUENCE_H

#include <cooperation/error.h>

// All zero at the start of a session.
struct coop_sequence {
    uint32_t last; // sent or accepted
};

COOP_BEGIN

// The number for the next message sent.
uint32_t coop_sequence_next(struct coop_sequence* sequence);

// Judges the number of a message received, and moves on if it is the next one. REPLAY: it, or one
// of the 2^31 before the next, was there already. GAP: one in between is missing. Neither moves.
enum coop_error coop_sequence_accept(struct coop_sequence* sequence, uint32_t number);

COOP_END

#endif
