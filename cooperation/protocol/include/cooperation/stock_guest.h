// SPDX-License-Identifier: MIT
// The guest's engine on the two pages of the stock transport. Who uses it grants the pages, keeps
// the event channel and the clock, and writes XenStore.
#ifndef COOPERATION_STOCK_GUEST_H
#define COOPERATION_STOCK_GUEST_H

#include <cooperation/area_access.h>
#include <cooperation/guest_engine.h>
#include <cooperation/page.h>
#include <cooperation/recording.h>
#include <cooperation/ring.h>

struct coop_stock_guest {
    struct coop_guest engine;
    struct coop_guest_page* own;
    struct coop_vmm_page const* other;
    struct coop_producer out;
    struct coop_consumer in;
    uint64_t report_number;
    int notify; // an edge is due
    struct coop_recording recording;
};

COOP_BEGIN

// A session number that differs from all that were used in this page.
uint32_t coop_stock_guest_session(struct coop_guest_page const* own);

// Takes the pages into use, new (zeroes) or a predecessor's, and shows the guest as open.
// Afterwards XenStore may say "ready".
void coop_stock_guest_begin(struct coop_stock_guest* link, struct coop_guest_config const* config,
                            struct coop_guest_page* own, struct coop_vmm_page const* other);

// After an edge, when coop_guest_next() says so, and after local decisions: takes messages, looks
// at the other side, sends what is to be sent. Answers 1 with an event, and is to be called again;
// 0 when nothing more happened. One call looks at no more messages than a ring holds; who has other
// things to do bounds the calls, too.
int coop_stock_guest_step(struct coop_stock_guest* link, uint64_t now,
                          struct coop_guest_event* event);

// Publishes a report, if a session is there and agreed upon reports: fills session, number, time.
void coop_stock_guest_report(struct coop_stock_guest* link, struct coop_report* report,
                             uint64_t now);

// Leaves: shows the guest as closed.
void coop_stock_guest_leave(struct coop_stock_guest* link);

// Whether to send an edge now; answered once.
int coop_stock_guest_notify(struct coop_stock_guest* link);

// What the VMM side shows now.
struct coop_vmm_view coop_stock_guest_view(struct coop_stock_guest const* link);

// Records from here on; right after begin, so that the recording can be replayed.
void coop_stock_guest_record(struct coop_stock_guest* link, struct coop_recorder const* recorder);

// For the recording: nothing more is done until the next call.
void coop_stock_guest_sleep(struct coop_stock_guest* link);

COOP_END

#endif
