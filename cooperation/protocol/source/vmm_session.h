// SPDX-License-Identifier: MIT
// Between the parts of the VMM side's engine.
#ifndef COOPERATION_VMM_SESSION_H
#define COOPERATION_VMM_SESSION_H

#include <cooperation/vmm_engine.h>

enum {
    // An ANSWER always finds room: offers and reclaims leave it one place, and a request is taken
    // only while there is one.
    COOP_VMM_ROOM_FOR_ANSWER = COOP_OUTBOX_MESSAGES - 1,
};

COOP_BEGIN

// Ends the session, if there is one. Event: ENDED, or what the caller makes of it.
void coop_vmm_end(struct coop_vmm* vmm, struct coop_vmm_event* event);

// Makes it possible again to take messages after a time without.
void coop_vmm_refill(struct coop_vmm* vmm, uint64_t now);

// Forgets violations that are old enough.
void coop_vmm_forgive(struct coop_vmm* vmm, uint64_t now);

// Notes an error; a violation may suspend the domain (event ENDED).
void coop_vmm_note(struct coop_vmm* vmm, enum coop_error error, uint64_t now,
                   struct coop_vmm_event* event);

// Numbers, checks and queues a message; nothing has changed if that fails.
enum coop_error coop_vmm_post(struct coop_vmm* vmm, struct coop_message* message);

COOP_END

#endif
