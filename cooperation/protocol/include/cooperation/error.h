// SPDX-License-Identifier: MIT
// What can be wrong with something that the other side wrote, or with the moment to write it.
#ifndef COOPERATION_ERROR_H
#define COOPERATION_ERROR_H

#include <cooperation/check.h>

enum coop_error {
    COOP_OK = 0,               // nothing is wrong
    COOP_ERROR_EMPTY = 1,      // the ring holds no message: nothing is wrong
    COOP_ERROR_FULL = 2,       // the ring has no free slot: again when the other side took some
    COOP_ERROR_RING = 3,       // the other side's count cannot be: more in the ring than slots
    COOP_ERROR_MAGIC = 4,      // the page's head is not of this protocol
    COOP_ERROR_ABSENT = 5,     // the other side is not there, or has left
    COOP_ERROR_BUSY = 6,       // the area was being written at each of the tries
    COOP_ERROR_TYPE = 7,       // no such kind of message, or not from this side
    COOP_ERROR_SERVICE = 8,    // no such service
    COOP_ERROR_SESSION = 9,    // of another session: left over, or number 0
    COOP_ERROR_REPLAY = 10,    // a sequence number that was there before
    COOP_ERROR_GAP = 11,       // a sequence number that comes too early
    COOP_ERROR_REGARDING = 12, // answers nothing that is open, or a message that answers nothing
    COOP_ERROR_ZERO = 13,      // a field that must be 0 is not
    COOP_ERROR_RANGE = 14,     // a number beyond what is possible
    COOP_ERROR_MASK = 15,      // processors that cannot be: none, too many, or both in and out
    COOP_ERROR_TIME = 16,      // no time, or a deadline that had passed when it was set
    COOP_ERROR_VALUE = 17,     // no such outcome, reason, need, load, manner or state
    COOP_ERROR_CONTRADICTION = 18, // two fields that do not go together
    COOP_ERROR_REGRESS = 19,       // a report's number, time or sums went back
    COOP_ERROR_UNAGREED = 20,      // needs a capability that was not agreed upon
    COOP_ERROR_OUTSTANDING = 21,   // one of the kind is unanswered still
    COOP_ERROR_STATE = 22, // not now: no session, suspended, or it takes none of what we say
    COOP_ERROR_FLOOD = 23, // more messages than the rate allows
    COOP_ERRORS = 24,
};

COOP_BEGIN

// "ring", "replay", ...; "unknown" for what is no error of ours.
char const* coop_error_name(enum coop_error error);

COOP_END

#endif
