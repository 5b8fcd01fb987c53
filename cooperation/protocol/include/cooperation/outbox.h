// SPDX-License-Identifier: MIT
// Messages that an engine wants sent, in their order. The transport takes the first, puts it where
// the other side finds it, and drops it here; when there is no room it tries again later.
#ifndef COOPERATION_OUTBOX_H
#define COOPERATION_OUTBOX_H

#include <cooperation/error.h>
#include <cooperation/message.h>

enum { COOP_OUTBOX_MESSAGES = 8 };

// All zero is empty.
struct coop_outbox {
    struct coop_message messages[COOP_OUTBOX_MESSAGES];
    unsigned first;
    unsigned count;
    uint64_t added; // ever
};

COOP_BEGIN

// The next message to send; NULL if there is none.
struct coop_message const* coop_outbox_first(struct coop_outbox const* outbox);

// It was sent.
void coop_outbox_drop(struct coop_outbox* outbox);

void coop_outbox_clear(struct coop_outbox* outbox);

// FULL: it was not taken.
enum coop_error coop_outbox_add(struct coop_outbox* outbox, struct coop_message const* message);

COOP_END

#endif
