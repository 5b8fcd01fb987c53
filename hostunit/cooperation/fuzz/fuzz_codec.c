// SPDX-License-Identifier: MIT
#include "promise.h"
#include "script.h"

#include <cooperation/area_access.h>
#include <cooperation/codec.h>
#include <cooperation/protocol.h>
#include <cooperation/record.h>
#include <cooperation/ring.h>

int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size);

static void messages(struct script script) {
    struct coop_message message;
    script_bytes(&script, &message, sizeof(message));
    for (int sender = 0; sender < 2; ++sender) {
        if (coop_message_check(&message, (enum coop_sender)sender))
            continue;
        struct coop_transfer const* const transfer = &message.body.transfer;
        PROMISE(message.head.session && message.head.sequence && message.head.time);
        if (message.head.type == COOP_OFFER || message.head.type == COOP_RECLAIM) {
            PROMISE(transfer->count && transfer->count <= coop_mask_count(transfer->processors));
            PROMISE(transfer->deadline > message.head.time);
        }
        if (message.head.type == COOP_REQUEST)
            PROMISE(message.body.request.least && message.body.request.wanted <= COOP_PROCESSORS);
    }
    char line[COOP_RECORD_BYTES];
    struct coop_record const record = {
        UINT64_MAX, UINT32_MAX, COOP_RECORD_GUEST,      COOP_RECORD_TAKE,
        UINT32_MAX, &message,   COOP_ERROR_OUTSTANDING, 0};
    size_t const length = coop_record_line(line, sizeof(line), &record);
    PROMISE(length > 0 && length < sizeof(line) && strlen(line) == length);
}

static void areas(struct script script) {
    static struct coop_report last;
    struct coop_report area;
    struct coop_report copy;
    struct coop_status status;
    struct coop_status status_copy;
    script_bytes(&script, &area, sizeof(area));
    if (coop_report_read(&copy, &area) == COOP_OK && coop_report_check(&copy) == COOP_OK) {
        PROMISE(copy.processors >= 1 && copy.processors <= COOP_PROCESSORS);
        PROMISE((copy.online & ~coop_mask_below(copy.processors)) == 0);
        (void)coop_report_follows(&last, &copy);
        last = copy;
    }
    script_bytes(&script, &status, sizeof(status));
    if (coop_status_read(&status_copy, &status) == COOP_OK)
        (void)coop_status_check(&status_copy);
}

// Both counts of the other side are anything at each step.
static void rings(struct script script) {
    struct coop_guest_page* const guest = calloc(1, sizeof(*guest));
    struct coop_vmm_page* const vmm = calloc(1, sizeof(*vmm));
    struct coop_producer out;
    struct coop_consumer in;
    PROMISE(guest && vmm);
    guest->side.produced = script_word(&script);
    vmm->side.consumed = script_word(&script);
    coop_producer_begin(&out, &guest->side, guest->slots, &vmm->side);
    coop_consumer_begin(&in, &vmm->side, guest->slots, &guest->side);
    while (script.left) {
        struct coop_message message = {0};
        vmm->side.consumed = script_word(&script);
        (void)coop_producer_put(&out, &message);
        guest->side.produced = script_word(&script);
        if (coop_consumer_take(&in, &message, NULL) == COOP_ERROR_RING)
            coop_consumer_skip(&in);
        PROMISE(coop_producer_room(&out) <= COOP_RING_SLOTS);
    }
    free(guest);
    free(vmm);
}

int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
    struct script const script = {data, size};
    messages(script);
    areas(script);
    rings(script);
    return 0;
}
