// SPDX-License-Identifier: MIT
// What the stock transport's sides record, and when. The order of lines is the order of events:
// what an engine queued is recorded before anything else happens to it.
#ifndef COOPERATION_RECORDING_H
#define COOPERATION_RECORDING_H

#include <cooperation/outbox.h>
#include <cooperation/record.h>

// A side's recording.
struct coop_recording {
    struct coop_recorder recorder;
    enum coop_record_side side;
    uint64_t now;    // of the latest call
    uint64_t queued; // messages of the outbox that are recorded
    int sleeping;
};

COOP_BEGIN

void coop_recording_event(struct coop_recording* recording, enum coop_record_event event,
                          uint32_t number);

void coop_recording_take(struct coop_recording* recording, struct coop_message const* message,
                         enum coop_error verdict, int counted);

void coop_recording_put(struct coop_recording* recording, struct coop_message const* message);

// What was queued since the last time.
void coop_recording_says(struct coop_recording* recording, struct coop_outbox const* outbox);

// A call comes in: WAKE, if the side slept.
void coop_recording_call(struct coop_recording* recording, struct coop_outbox const* outbox,
                         uint64_t now);

void coop_recording_sleep(struct coop_recording* recording);

COOP_END

#endif
