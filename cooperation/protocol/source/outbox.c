// SPDX-License-Identifier: MIT
#include <cooperation/outbox.h>

struct coop_message const* coop_outbox_first(struct coop_outbox const* outbox) {
    return outbox->count ? &outbox->messages[outbox->first] : NULL;
}

void coop_outbox_drop(struct coop_outbox* outbox) {
    if (outbox->count == 0)
        return;
    outbox->first = (outbox->first + 1) % COOP_OUTBOX_MESSAGES;
    --outbox->count;
}

void coop_outbox_clear(struct coop_outbox* outbox) { outbox->count = 0; }

enum coop_error coop_outbox_add(struct coop_outbox* outbox, struct coop_message const* message) {
    if (outbox->count == COOP_OUTBOX_MESSAGES)
        return COOP_ERROR_FULL;
    outbox->messages[(outbox->first + outbox->count) % COOP_OUTBOX_MESSAGES] = *message;
    ++outbox->count;
    ++outbox->added;
    return COOP_OK;
}
