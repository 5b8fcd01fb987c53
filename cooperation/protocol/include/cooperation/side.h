// SPDX-License-Identifier: MIT
// The heads of the pages.
#ifndef COOPERATION_SIDE_H
#define COOPERATION_SIDE_H

#include <cooperation/page.h>

COOP_BEGIN

// Shows a side as open: incarnation before state, so that nobody sees the new one with the old.
void coop_side_open(struct coop_side* own, uint32_t magic, uint32_t incarnation);

void coop_side_close(struct coop_side* own);

// State of the other side: enum coop_side_state; ABSENT for whatever is not this protocol.
uint32_t coop_side_state(struct coop_side const* other, uint32_t magic);

void coop_side_set_incarnation(struct coop_side* own, uint32_t incarnation);

uint32_t coop_side_incarnation(struct coop_side const* side);

COOP_END

#endif
