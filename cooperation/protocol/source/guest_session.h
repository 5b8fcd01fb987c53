// SPDX-License-Identifier: MIT
// Between the parts of the guest's engine.
#ifndef COOPERATION_GUEST_SESSION_H
#define COOPERATION_GUEST_SESSION_H

#include <cooperation/guest_engine.h>

COOP_BEGIN

// Ends the session, if there is one. Event: LOST if it was joined.
void coop_guest_part(struct coop_guest* guest, struct coop_guest_event* event);

COOP_END

#endif
