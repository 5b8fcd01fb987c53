// SPDX-License-Identifier: MIT
#include <cooperation/recording.h>

#include <string.h>

static struct coop_record blank(struct coop_recording const* recording,
                                enum coop_record_event event) {
    struct coop_record record;
    memset(&record, 0, sizeof(record));
    record.time = recording->now;
    record.domain = recording->recorder.domain;
    record.side = recording->side;
    record.event = event;
    return record;
}

static void emit(struct coop_recording const* recording, struct coop_record const* record) {
    if (recording->recorder.write)
        recording->recorder.write(recording->recorder.context, record);
}

void coop_recording_event(struct coop_recording* recording, enum coop_record_event event,
                          uint32_t number) {
    struct coop_record record = blank(recording, event);
    record.number = number;
    emit(recording, &record);
}

void coop_recording_take(struct coop_recording* recording, struct coop_message const* message,
                         enum coop_error verdict, int counted) {
    struct coop_record record = blank(recording, COOP_RECORD_TAKE);
    record.message = message;
    record.verdict = verdict;
    record.counted = counted;
    emit(recording, &record);
}

static void with_message(struct coop_recording* recording, enum coop_record_event event,
                         struct coop_message const* message) {
    struct coop_record record = blank(recording, event);
    record.message = message;
    emit(recording, &record);
}

void coop_recording_put(struct coop_recording* recording, struct coop_message const* message) {
    with_message(recording, COOP_RECORD_PUT, message);
}

void coop_recording_says(struct coop_recording* recording, struct coop_outbox const* outbox) {
    uint64_t const unsaid = outbox->added - recording->queued;
    uint64_t const there = unsaid < outbox->count ? unsaid : outbox->count;
    for (uint64_t i = outbox->count - there; i < outbox->count; ++i)
        with_message(recording, COOP_RECORD_SAY,
                     &outbox->messages[(outbox->first + i) % COOP_OUTBOX_MESSAGES]);
    recording->queued = outbox->added;
}

void coop_recording_call(struct coop_recording* recording, struct coop_outbox const* outbox,
                         uint64_t now) {
    recording->now = now;
    if (recording->sleeping)
        coop_recording_event(recording, COOP_RECORD_WAKE, 0);
    recording->sleeping = 0;
    coop_recording_says(recording, outbox);
}

void coop_recording_sleep(struct coop_recording* recording) {
    coop_recording_event(recording, COOP_RECORD_SLEEP, 0);
    recording->sleeping = 1;
}
