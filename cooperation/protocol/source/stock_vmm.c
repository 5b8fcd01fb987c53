// SPDX-License-Identifier: MIT
#include <cooperation/side.h>
#include <cooperation/stock_vmm.h>
#include <cooperation/types.h>

#include <string.h>

uint32_t coop_stock_vmm_instance(struct coop_vmm_page const* own) {
    uint32_t const next = coop_side_incarnation(&own->side) + 1;
    return next ? next : 1;
}

// Messages speak of a status that is there already.
static void show(struct coop_stock_vmm* link, struct coop_allocation const* allocation,
                 uint64_t now) {
    struct coop_status status;
    coop_vmm_status(&link->engine, allocation, now, &status);
    coop_status_write(&link->own->status, &status);
    coop_recording_event(&link->recording, COOP_RECORD_SHOW, status.session);
    link->notify |= status.session != link->shown.session ||
                    status.standing != link->shown.standing ||
                    status.enforced != link->shown.enforced;
    link->shown = status;
}

enum coop_error coop_stock_vmm_begin(struct coop_stock_vmm* link,
                                     struct coop_vmm_config const* config,
                                     struct coop_guest_page const* other, struct coop_vmm_page* own,
                                     uint64_t now) {
    struct coop_allocation const none = {0, 0, 0};
    if (coop_side_state(&other->side, COOP_GUEST_MAGIC) == COOP_SIDE_ABSENT)
        return COOP_ERROR_MAGIC;
    memset(link, 0, sizeof(*link));
    enum coop_error const error = coop_vmm_begin(&link->engine, config, now);
    if (error)
        return error;
    link->other = other;
    link->own = own;
    link->recording.now = now;
    coop_producer_begin(&link->out, &own->side, own->slots, &other->side);
    coop_consumer_begin(&link->in, &own->side, other->slots, &other->side);
    coop_consumer_skip(&link->in);
    show(link, &none, now);
    coop_side_open(&own->side, COOP_VMM_MAGIC, config->instance);
    link->notify = 1;
    return COOP_OK;
}

// A session that ended other than by a message. What a domain said before it was suspended is not
// looked at afterwards.
static void record_end(struct coop_stock_vmm* link, struct coop_vmm_event const* event) {
    int const suspended = link->engine.state == COOP_VMM_SUSPENDED;
    if (event->type == COOP_VMM_FORGIVEN)
        coop_recording_event(&link->recording, COOP_RECORD_FORGIVE, 0);
    if (event->type != COOP_VMM_ENDED)
        return;
    coop_recording_event(&link->recording, suspended ? COOP_RECORD_SUSPEND : COOP_RECORD_END, 0);
    if (suspended)
        coop_consumer_skip(&link->in);
}

static void receive(struct coop_stock_vmm* link, struct coop_message const* copy, uint64_t now,
                    struct coop_vmm_event* event) {
    uint32_t const before = link->engine.received.last;
    enum coop_error const verdict = coop_vmm_receive(&link->engine, copy, now, event);
    int const hello = copy->head.type == COOP_HELLO && verdict == COOP_OK;
    int const counted = hello || link->engine.received.last != before;
    coop_recording_take(&link->recording, copy, verdict, counted);
    coop_recording_says(&link->recording, &link->engine.outbox);
}

static int take(struct coop_stock_vmm* link, uint64_t now, struct coop_vmm_event* event) {
    struct coop_message copy;
    while (coop_vmm_budget(&link->engine, now) != 0) {
        int was_full = 0;
        enum coop_error const error = coop_consumer_take(&link->in, &copy, &was_full);
        if (error == COOP_ERROR_RING) {
            coop_consumer_skip(&link->in);
            coop_vmm_violation(&link->engine, error, now, event);
            return event->type != COOP_VMM_NOTHING;
        }
        if (error)
            return 0;
        link->notify |= was_full;
        receive(link, &copy, now, event);
        if (event->type)
            return 1;
    }
    return 0;
}

int coop_stock_vmm_step(struct coop_stock_vmm* link, uint64_t now, struct coop_vmm_event* event) {
    coop_recording_call(&link->recording, &link->engine.outbox, now);
    coop_vmm_look(&link->engine, coop_side_state(&link->other->side, COOP_GUEST_MAGIC), event);
    if (event->type == COOP_VMM_NOTHING && !take(link, now, event))
        coop_vmm_tick(&link->engine, now, event);
    record_end(link, event);
    coop_recording_says(&link->recording, &link->engine.outbox);
    return event->type != COOP_VMM_NOTHING;
}

enum coop_error coop_stock_vmm_report(struct coop_stock_vmm* link, uint64_t now,
                                      struct coop_vmm_event* event) {
    struct coop_report copy;
    memset(event, 0, sizeof(*event));
    coop_recording_call(&link->recording, &link->engine.outbox, now);
    if (!coop_vmm_agreed(&link->engine, COOP_REPORTS))
        return COOP_ERROR_ABSENT;
    enum coop_error error = coop_report_read(&copy, &link->other->report);
    if (!error)
        error = coop_vmm_report(&link->engine, &copy, now, event);
    record_end(link, event);
    return error;
}

void coop_stock_vmm_flush(struct coop_stock_vmm* link, struct coop_allocation const* allocation,
                          uint64_t now, struct coop_vmm_event* event) {
    struct coop_outbox* const outbox = &link->engine.outbox;
    struct coop_message const* message;
    enum coop_error error = COOP_OK;
    memset(event, 0, sizeof(*event));
    coop_recording_call(&link->recording, outbox, now);
    show(link, allocation, now);
    while ((message = coop_outbox_first(outbox)) &&
           !(error = coop_producer_put(&link->out, message))) {
        coop_recording_put(&link->recording, message);
        coop_outbox_drop(outbox);
        link->notify = 1;
    }
    if (error == COOP_ERROR_RING)
        coop_vmm_violation(&link->engine, error, now, event);
    record_end(link, event);
}

void coop_stock_vmm_close(struct coop_stock_vmm* link, uint64_t now) {
    struct coop_allocation const none = {0, 0, 0};
    struct coop_vmm_event event;
    coop_recording_call(&link->recording, &link->engine.outbox, now);
    coop_vmm_look(&link->engine, COOP_SIDE_CLOSED, &event);
    record_end(link, &event);
    show(link, &none, now);
    coop_side_close(&link->own->side);
    link->notify = 1;
}

int coop_stock_vmm_notify(struct coop_stock_vmm* link) {
    int const due = link->notify;
    link->notify = 0;
    if (due)
        coop_recording_event(&link->recording, COOP_RECORD_NOTIFY, 0);
    return due;
}

void coop_stock_vmm_record(struct coop_stock_vmm* link, struct coop_recorder const* recorder) {
    link->recording.recorder = *recorder;
    link->recording.side = COOP_RECORD_VMM;
    coop_recording_event(&link->recording, COOP_RECORD_BEGIN, link->engine.config.instance);
}

void coop_stock_vmm_sleep(struct coop_stock_vmm* link) {
    coop_recording_says(&link->recording, &link->engine.outbox);
    coop_recording_sleep(&link->recording);
}
