// SPDX-License-Identifier: MIT
// Numbers that both sides rely on. Times are nanoseconds of Xen's system time (pvclock), which
// every domain of a machine sees alike; shares are thousandths of one physical processor.
#ifndef COOPERATION_LIMITS_H
#define COOPERATION_LIMITS_H

enum {
    COOP_VERSION = 1,     // the newest version that this header describes
    COOP_PROCESSORS = 64, // processors of a domain at most: one bit each in a 64-bit mask
    COOP_RING_SLOTS = 16, // messages in flight per direction; a power of two
    COOP_MESSAGE_BYTES = 64,
    COOP_PAGE_BYTES = 4096,
    COOP_AREA_TRIES = 4, // how often a reader begins anew before it gives up for this time
    COOP_WHOLE = 1000,   // thousandths: one processor, all of the time, full confidence
};

// The VMM side answers a HELLO or REQUEST that it took from the ring within this time ...
#define COOP_ANSWER_TIME 1000000000ull
// ... and a guest waits at least so long before it takes the session for lost and says HELLO anew.
#define COOP_PATIENCE 3000000000ull

#endif
