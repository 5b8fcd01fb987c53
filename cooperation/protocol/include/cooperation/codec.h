// SPDX-License-Identifier: MIT
// Messages to and from slots. What is in a slot is the structure itself, little endian; so encoding
// is to fill a structure whose every byte is defined, and decoding is to copy it once, word by
// word, check the copy, and use the copy.
#ifndef COOPERATION_CODEC_H
#define COOPERATION_CODEC_H

#include <cooperation/error.h>
#include <cooperation/message.h>
#include <cooperation/types.h>

// Who sent it.
enum coop_sender { COOP_FROM_GUEST = 0, COOP_FROM_VMM = 1 };

COOP_BEGIN

// Makes all of `message` zero but for its head.
void coop_message_make(struct coop_message* message, enum coop_type type, uint32_t session,
                       uint32_t regarding, uint64_t time);

// Copies a message into or out of shared memory, each word touched once.
void coop_message_copy(struct coop_message* to, struct coop_message const* from);

// Checks the form of a copy: whatever can be said of a message by itself. Errors: TYPE, SERVICE,
// SESSION, REGARDING, ZERO, RANGE, MASK, TIME, VALUE, CONTRADICTION. A message that passes may
// still come at the wrong time: that is the engines' to say.
enum coop_error coop_message_check(struct coop_message const* copy, enum coop_sender sender);

// How many processors are in a mask.
unsigned coop_mask_count(uint64_t mask);

// The mask of processors 0 to `count` - 1.
uint64_t coop_mask_below(unsigned count);

COOP_END

#endif
