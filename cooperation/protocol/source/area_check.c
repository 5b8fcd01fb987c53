// SPDX-License-Identifier: MIT
#include <cooperation/area_access.h>
#include <cooperation/codec.h>
#include <cooperation/reasons.h>
#include <cooperation/types.h>

static int any(uint64_t const* words, unsigned count) {
    uint64_t bits = 0;
    for (unsigned i = 0; i < count; ++i)
        bits |= words[i];
    return bits != 0;
}

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static enum coop_error check_numbers(struct coop_report const* copy) {
    if (copy->session == 0 || copy->number == 0 || copy->processors == 0 ||
        copy->processors > COOP_PROCESSORS || copy->demand > COOP_PROCESSORS * COOP_WHOLE ||
        copy->confidence > COOP_WHOLE || copy->lock_wait > COOP_WHOLE)
        return COOP_ERROR_RANGE;
    return copy->time ? COOP_OK : COOP_ERROR_TIME;
}

enum coop_error coop_report_check(struct coop_report const* copy) {
    if (copy->zero || copy->zero_too || any(copy->zero_rest, COUNT(copy->zero_rest)))
        return COOP_ERROR_ZERO;
    enum coop_error const error = check_numbers(copy);
    if (error)
        return error;
    uint64_t const kept = coop_mask_below(copy->processors);
    if (copy->online == 0 || ((copy->online | copy->parked) & ~kept) ||
        (copy->online & copy->parked))
        return COOP_ERROR_MASK;
    if (copy->load >= COOP_LOADS)
        return COOP_ERROR_VALUE;
    for (unsigned i = 0; i < copy->processors; ++i)
        if (copy->processor[i].state >= COOP_PROCESSOR_STATES)
            return COOP_ERROR_VALUE;
    return COOP_OK;
}

enum coop_error coop_report_follows(struct coop_report const* last,
                                    struct coop_report const* next) {
    if (next->number == last->number)
        return COOP_ERROR_EMPTY;
    if (next->number < last->number || next->time <= last->time)
        return COOP_ERROR_REGRESS;
    unsigned const kept = last->processors < next->processors ? last->processors : next->processors;
    for (unsigned i = 0; i < kept; ++i) {
        struct coop_processor_report const* const before = &last->processor[i];
        struct coop_processor_report const* const after = &next->processor[i];
        if (after->busy < before->busy || after->idle < before->idle ||
            after->stolen < before->stolen || after->blocked < before->blocked)
            return COOP_ERROR_REGRESS;
    }
    return COOP_OK;
}

enum coop_error coop_status_check(struct coop_status const* copy) {
    if (any(copy->zero_rest, COUNT(copy->zero_rest)))
        return COOP_ERROR_ZERO;
    if (copy->number == 0 || copy->ceiling > COOP_PROCESSORS || copy->enforced > 1)
        return COOP_ERROR_RANGE;
    if (copy->standing >= COOP_STANDINGS)
        return COOP_ERROR_VALUE;
    return copy->time ? COOP_OK : COOP_ERROR_TIME;
}
