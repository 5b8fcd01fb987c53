// SPDX-License-Identifier: MIT
#include <cooperation/sequence.h>

// 1 is only for the message that begins a session.
static uint32_t after(uint32_t number) { return number == UINT32_MAX ? 2 : number + 1; }

uint32_t coop_sequence_next(struct coop_sequence* sequence) {
    sequence->last = after(sequence->last);
    return sequence->last;
}

enum coop_error coop_sequence_accept(struct coop_sequence* sequence, uint32_t number) {
    uint32_t const expected = after(sequence->last);
    if (number != expected)
        return number - expected < (uint32_t)1 << 31 ? COOP_ERROR_GAP : COOP_ERROR_REPLAY;
    sequence->last = number;
    return COOP_OK;
}
