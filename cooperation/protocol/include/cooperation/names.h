// SPDX-License-Identifier: MIT
// Names for people, recordings and XenStore: lower case, words joined by hyphens. Values that have
// no name (they may come from outside) are "unknown".
#ifndef COOPERATION_NAMES_H
#define COOPERATION_NAMES_H

#include <cooperation/check.h>

COOP_BEGIN

char const* coop_type_name(unsigned type);
char const* coop_outcome_name(unsigned outcome);
char const* coop_reason_name(unsigned reason);
char const* coop_need_name(unsigned need);
char const* coop_load_name(unsigned load);
char const* coop_standing_name(unsigned standing);
char const* coop_manner_name(unsigned manner);

// The reason of that name; COOP_REASONS if there is none.
unsigned coop_reason_of_name(char const* name);

COOP_END

#endif
