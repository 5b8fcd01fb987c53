// SPDX-License-Identifier: MIT
// The VMM side's engine on the two pages of the stock transport. Who uses it maps the pages, keeps
// the event channel and the clock.
#ifndef COOPERATION_STOCK_VMM_H
#define COOPERATION_STOCK_VMM_H

#include <cooperation/area_access.h>
#include <cooperation/page.h>
#include <cooperation/recording.h>
#include <cooperation/ring.h>
#include <cooperation/vmm_engine.h>

struct coop_stock_vmm {
    struct coop_vmm engine;
    struct coop_guest_page const* other;
    struct coop_vmm_page* own;
    struct coop_producer out;
    struct coop_consumer in;
    struct coop_status shown; // last written
    int notify;               // an edge is due
    struct coop_recording recording;
};

COOP_BEGIN

// An incarnation that differs from the one found in the page.
uint32_t coop_stock_vmm_instance(struct coop_vmm_page const* own);

// MAGIC: the guest's page is not one of this protocol; RANGE, VALUE, TIME: as coop_vmm_begin.
// Otherwise takes the pages into use, drops what a predecessor did not read (it was addressed to
// it), and shows the VMM side as open. An edge is due.
enum coop_error coop_stock_vmm_begin(struct coop_stock_vmm* link,
                                     struct coop_vmm_config const* config,
                                     struct coop_guest_page const* other, struct coop_vmm_page* own,
                                     uint64_t now);

// After an edge and when coop_vmm_next() says so: looks at the guest's head, takes what messages
// the budget allows, lets time pass. Answers 1 with an event, and is to be called again (the budget
// bounds the calls); 0 when nothing more happened.
int coop_stock_vmm_step(struct coop_stock_vmm* link, uint64_t now, struct coop_vmm_event* event);

// Once per report period: reads the report area. EMPTY, BUSY, ABSENT, SESSION: nothing new.
enum coop_error coop_stock_vmm_report(struct coop_stock_vmm* link, uint64_t now,
                                      struct coop_vmm_event* event);

// After events were dealt with, and when the allocation changes: writes the status, then sends what
// is to be sent. Event: ENDED, when the guest's count is impossible once too often.
void coop_stock_vmm_flush(struct coop_stock_vmm* link, struct coop_allocation const* allocation,
                          uint64_t now, struct coop_vmm_event* event);

// Leaves in good order: no session, shown as closed. An edge is due.
void coop_stock_vmm_close(struct coop_stock_vmm* link, uint64_t now);

// Whether to send an edge now; answered once.
int coop_stock_vmm_notify(struct coop_stock_vmm* link);

// Records from here on; right after begin, so that the recording can be replayed.
void coop_stock_vmm_record(struct coop_stock_vmm* link, struct coop_recorder const* recorder);

// For the recording: nothing more is done until the next call.
void coop_stock_vmm_sleep(struct coop_stock_vmm* link);

COOP_END

#endif
