// SPDX-License-Identifier: MIT
#include <cooperation/codec.h>
#include <cooperation/exchange.h>
#include <cooperation/reasons.h>

static enum coop_error manner_fits(unsigned manner, unsigned wanted, enum coop_type asked) {
    if (asked == COOP_OFFER)
        return manner == COOP_MANNER_ANY ? COOP_OK : COOP_ERROR_CONTRADICTION;
    if (manner == COOP_MANNER_ANY || (wanted != COOP_MANNER_ANY && manner != wanted))
        return COOP_ERROR_CONTRADICTION;
    return COOP_OK;
}

enum coop_error coop_reply_fits(struct coop_reply const* reply,
                                struct coop_transfer const* transfer, enum coop_type asked) {
    uint64_t const moved = reply->processors;
    if (moved == 0)
        return COOP_OK; // REFUSED, which has a reason
    if (moved & ~transfer->processors)
        return COOP_ERROR_MASK;
    if ((asked == COOP_OFFER ? moved & ~reply->online : moved & reply->online) != 0)
        return COOP_ERROR_MASK;
    unsigned const count = coop_mask_count(moved);
    if (count > transfer->count)
        return COOP_ERROR_RANGE;
    if (count < transfer->count && reply->reason == COOP_REASON_NONE)
        return COOP_ERROR_CONTRADICTION;
    return manner_fits(reply->manner, transfer->manner, asked);
}
