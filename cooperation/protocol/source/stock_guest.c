// SPDX-License-Identifier: MIT
#include <cooperation/side.h>
#include <cooperation/stock_guest.h>
#include <cooperation/types.h>

#include <string.h>

void coop_stock_guest_begin(struct coop_stock_guest* link, struct coop_guest_config const* config,
                            struct coop_guest_page* own, struct coop_vmm_page const* other) {
    memset(link, 0, sizeof(*link));
    coop_guest_begin(&link->engine, config);
    link->own = own;
    link->other = other;
    coop_producer_begin(&link->out, &own->side, own->slots, &other->side);
    coop_consumer_begin(&link->in, &own->side, other->slots, &other->side);
    coop_consumer_skip(&link->in); // all of it was for a predecessor
    coop_side_open(&own->side, COOP_GUEST_MAGIC, config->session);
    link->notify = 1;
}

uint32_t coop_stock_guest_session(struct coop_guest_page const* own) {
    uint32_t const next = coop_side_incarnation(&own->side) + 1;
    return next ? next : 1;
}

// A status that cannot be read says nothing new.
struct coop_vmm_view coop_stock_guest_view(struct coop_stock_guest const* link) {
    struct coop_vmm_view view;
    struct coop_status status;
    memset(&view, 0, sizeof(view));
    view.state = coop_side_state(&link->other->side, COOP_VMM_MAGIC);
    view.instance = coop_side_incarnation(&link->other->side);
    view.session = link->engine.session;
    if (coop_status_read(&status, &link->other->status) || coop_status_check(&status))
        return view;
    view.session = status.session;
    view.suspended_until = status.suspended_until;
    return view;
}

static void flush(struct coop_stock_guest* link) {
    struct coop_outbox* const outbox = &link->engine.outbox;
    struct coop_message const* message;
    while ((message = coop_outbox_first(outbox)) && !coop_producer_put(&link->out, message)) {
        coop_recording_put(&link->recording, message);
        coop_outbox_drop(outbox);
        link->notify = 1;
    }
}

static void receive(struct coop_stock_guest* link, struct coop_message const* copy,
                    struct coop_guest_event* event) {
    uint32_t const before = link->engine.received.last;
    enum coop_error const verdict = coop_guest_receive(&link->engine, copy, event);
    int const counted = link->engine.received.last != before;
    coop_recording_take(&link->recording, copy, verdict, counted);
}

static int take(struct coop_stock_guest* link, struct coop_guest_event* event) {
    struct coop_message copy;
    for (unsigned i = 0; i < COOP_RING_SLOTS; ++i) {
        int was_full = 0;
        enum coop_error const error = coop_consumer_take(&link->in, &copy, &was_full);
        if (error == COOP_ERROR_RING)
            coop_consumer_skip(&link->in); // what that loses shows as a gap
        if (error)
            return 0;
        link->notify |= was_full;
        receive(link, &copy, event);
        if (event->type)
            return 1;
    }
    return 0;
}

static int in_session(struct coop_guest const* guest) {
    return guest->state != COOP_GUEST_APART && guest->state != COOP_GUEST_LEFT;
}

// Time and the other side's head may end a session, and begin the next one.
static void look(struct coop_stock_guest* link, uint64_t now, struct coop_guest_event* event) {
    int const before = in_session(&link->engine);
    uint32_t const session = link->engine.session;
    coop_guest_tick(&link->engine, now, event);
    if (event->type == COOP_GUEST_NOTHING) {
        struct coop_vmm_view const view = coop_stock_guest_view(link);
        coop_guest_look(&link->engine, &view, now, event);
    }
    if (before && (!in_session(&link->engine) || link->engine.session != session))
        coop_recording_event(&link->recording, COOP_RECORD_END, 0);
    coop_recording_says(&link->recording, &link->engine.outbox);
}

int coop_stock_guest_step(struct coop_stock_guest* link, uint64_t now,
                          struct coop_guest_event* event) {
    memset(event, 0, sizeof(*event));
    coop_recording_call(&link->recording, &link->engine.outbox, now);
    if (!take(link, event))
        look(link, now, event);
    if (link->engine.session)
        coop_side_set_incarnation(&link->own->side, link->engine.session);
    flush(link);
    return event->type != COOP_GUEST_NOTHING;
}

void coop_stock_guest_report(struct coop_stock_guest* link, struct coop_report* report,
                             uint64_t now) {
    if (!coop_guest_agreed(&link->engine, COOP_REPORTS))
        return;
    report->session = link->engine.session;
    report->number = ++link->report_number;
    report->time = now;
    coop_report_write(&link->own->report, report);
}

void coop_stock_guest_leave(struct coop_stock_guest* link) {
    coop_recording_says(&link->recording, &link->engine.outbox);
    if (in_session(&link->engine))
        coop_recording_event(&link->recording, COOP_RECORD_END, 0);
    coop_guest_leave(&link->engine);
    coop_side_close(&link->own->side);
    link->notify = 1;
}

int coop_stock_guest_notify(struct coop_stock_guest* link) {
    int const due = link->notify;
    link->notify = 0;
    if (due)
        coop_recording_event(&link->recording, COOP_RECORD_NOTIFY, 0);
    return due;
}

void coop_stock_guest_record(struct coop_stock_guest* link, struct coop_recorder const* recorder) {
    link->recording.recorder = *recorder;
    link->recording.side = COOP_RECORD_GUEST;
    coop_recording_event(&link->recording, COOP_RECORD_BEGIN, 0);
}

void coop_stock_guest_sleep(struct coop_stock_guest* link) {
    coop_recording_says(&link->recording, &link->engine.outbox);
    coop_recording_sleep(&link->recording);
}
