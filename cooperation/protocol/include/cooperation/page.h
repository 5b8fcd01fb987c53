// SPDX-License-Identifier: MIT
// The two pages of the stock transport. Each has one writer: the guest's may be granted read-only.
// The guest owns both and grants them; the other side treats what it reads as hostile.
//
//   guest page   side | guest's messages, 16 slots | report
//   VMM page     side | VMM's messages, 16 slots   | status
#ifndef COOPERATION_PAGE_H
#define COOPERATION_PAGE_H

#include <cooperation/area.h>
#include <cooperation/message.h>

// The head of a page: who writes it, and the writer's counts of both rings. Counts run freely
// modulo 2^32; what a ring holds is `produced` of its writer minus `consumed` of its reader.
struct coop_side {
    uint32_t magic; // COOP_GUEST_MAGIC or COOP_VMM_MAGIC
    uint32_t state; // enum coop_side_state
    // VMM side: its instance, which changes whenever it starts anew. Guest: the number of its
    // newest session, so that a successor does not use it again. 0: never started.
    uint32_t incarnation;
    uint32_t produced; // messages ever put into this page's ring
    uint32_t consumed; // messages ever taken from the other page's ring
    uint32_t zero[11];
};
COOP_LAYOUT(struct coop_side, 64, zero, 20);

#define COOP_GUEST_MAGIC 0x31474f43u // "COG1"
#define COOP_VMM_MAGIC 0x31564f43u   // "COV1"

// Written by the guest.
struct coop_guest_page {
    struct coop_side side;                      // the guest's
    struct coop_message slots[COOP_RING_SLOTS]; // guest to VMM side
    struct coop_report report;                  // REPORT
    uint8_t zero[256];
};
COOP_LAYOUT(struct coop_guest_page, COOP_PAGE_BYTES, report, 1088);

// Written by the VMM side.
struct coop_vmm_page {
    struct coop_side side;                      // the VMM side's
    struct coop_message slots[COOP_RING_SLOTS]; // VMM side to guest
    struct coop_status status;                  // STATUS
    uint8_t zero[2880];
};
COOP_LAYOUT(struct coop_vmm_page, COOP_PAGE_BYTES, status, 1088);

#endif
