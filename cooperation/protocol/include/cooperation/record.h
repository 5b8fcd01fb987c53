// SPDX-License-Identifier: MIT
// Recordings: one line of JSON for each thing that happened at one side. They are replayed against
// the model (model/replay.py) and, with the messages' contents, against policies. The format is in
// docs/cooperation-protocol.md, Recordings.
#ifndef COOPERATION_RECORD_H
#define COOPERATION_RECORD_H

#include <cooperation/error.h>
#include <cooperation/message.h>

enum coop_record_event {
    COOP_RECORD_BEGIN = 0,   // the side starts (again); `number`: instance of a VMM side, else 0
    COOP_RECORD_TAKE = 1,    // a message was taken from the ring and judged
    COOP_RECORD_SAY = 2,     // a message was queued
    COOP_RECORD_SHOW = 3,    // VMM side: the status was written; `number`: the session it shows
    COOP_RECORD_PUT = 4,     // a message was put into the ring
    COOP_RECORD_END = 5,     // the session ended other than by a message: left, restarted, silent
    COOP_RECORD_SUSPEND = 6, // VMM side: the session ended by suspension
    COOP_RECORD_FORGIVE = 7, // VMM side: suspension is over
    COOP_RECORD_NOTIFY = 8,  // an edge was sent
    COOP_RECORD_WAKE = 9,    // an edge came, or a timer went off
    COOP_RECORD_SLEEP = 10,  // nothing more to do until the next edge or timer
    COOP_RECORD_EVENTS = 11,
};

enum coop_record_side { COOP_RECORD_GUEST = 0, COOP_RECORD_VMM = 1 };

struct coop_record {
    uint64_t time;
    uint32_t domain; // 0 in a guest, which does not know
    enum coop_record_side side;
    enum coop_record_event event;
    uint32_t number;                    // of BEGIN and SHOW
    struct coop_message const* message; // of TAKE, SAY, PUT
    enum coop_error verdict;            // of TAKE
    int counted;                        // of TAKE: the sequence was accepted
};

// More than any line has.
enum { COOP_RECORD_BYTES = 512 };

// Who wants a recording of a stock transport's side gives it one of these; all zero records
// nothing.
struct coop_recorder {
    void (*write)(void* context, struct coop_record const* record);
    void* context;
    uint32_t domain;
};

COOP_BEGIN

// Writes the line, its newline and a 0. Answers its length without the 0; 0 if `size` is less than
// COOP_RECORD_BYTES.
size_t coop_record_line(char* line, size_t size, struct coop_record const* record);

COOP_END

#endif
