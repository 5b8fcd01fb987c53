// SPDX-License-Identifier: MIT
// What both engines hold of an OFFER or RECLAIM and the one reply to it.
#ifndef COOPERATION_EXCHANGE_H
#define COOPERATION_EXCHANGE_H

#include <cooperation/error.h>
#include <cooperation/message.h>
#include <cooperation/types.h>

COOP_BEGIN

// Whether a reply, well-formed by itself, fits what was asked. MASK: others than those were moved,
// or they are not where they were moved to; RANGE: too many; CONTRADICTION: fewer than asked and no
// reason, or in another manner than asked.
enum coop_error coop_reply_fits(struct coop_reply const* reply,
                                struct coop_transfer const* transfer, enum coop_type asked);

COOP_END

#endif
