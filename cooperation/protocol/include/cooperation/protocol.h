// SPDX-License-Identifier: MIT
// The cooperation protocol's wire format, all of it. docs/cooperation-protocol.md explains it.
#ifndef COOPERATION_PROTOCOL_H
#define COOPERATION_PROTOCOL_H

#include <cooperation/area.h>
#include <cooperation/message.h>
#include <cooperation/page.h>
#include <cooperation/reasons.h>
#include <cooperation/store.h>
#include <cooperation/types.h>

#endif
