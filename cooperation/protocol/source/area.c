// SPDX-License-Identifier: MIT
#include <cooperation/area_access.h>

#include <string.h>

// Areas are only ever touched as words, each once per copy.
union report_words {
    struct coop_report report;
    uint64_t word[sizeof(struct coop_report) / sizeof(uint64_t)];
};
union status_words {
    struct coop_status status;
    uint64_t word[sizeof(struct coop_status) / sizeof(uint64_t)];
};

enum {
    report_head = offsetof(struct coop_report, processor) / sizeof(uint64_t),
    entry = sizeof(struct coop_processor_report) / sizeof(uint64_t),
    status_words = sizeof(struct coop_status) / sizeof(uint64_t),
};

// The first word holds `changes` in its lower half.
static uint32_t changes(uint64_t const* area) {
    return (uint32_t)__atomic_load_n(area, __ATOMIC_ACQUIRE);
}

static void copy_in(uint64_t* area, uint64_t const* from, unsigned first, unsigned count) {
    for (unsigned i = first; i < first + count; ++i)
        __atomic_store_n(&area[i], from[i], __ATOMIC_RELAXED);
}

static void copy_out(uint64_t* to, uint64_t const* area, unsigned first, unsigned count) {
    for (unsigned i = first; i < first + count; ++i)
        to[i] = __atomic_load_n(&area[i], __ATOMIC_RELAXED);
}

// `from`'s first word without its lower half, and with these changes in it.
static void store_first(uint64_t* area, uint64_t const* from, uint32_t count, int order) {
    __atomic_store_n(area, (from[0] & ~(uint64_t)UINT32_MAX) | count, order);
}

// An odd number may have been left by a predecessor that died while it wrote.
static void write_area(uint64_t* area, uint64_t const* from, unsigned count) {
    uint32_t const writing = changes(area) | 1;
    store_first(area, from, writing, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    copy_in(area, from, 1, count - 1);
    store_first(area, from, writing + 1, __ATOMIC_RELEASE);
}

static int unchanged(uint64_t const* area, uint64_t copied) {
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return (copied & 1) == 0 && (uint32_t)copied == changes(area);
}

static unsigned entries(uint16_t processors) {
    return processors < COOP_PROCESSORS ? processors : COOP_PROCESSORS;
}

void coop_report_write(struct coop_report* area, struct coop_report const* report) {
    unsigned const count = report_head + entries(report->processors) * entry;
    write_area(((union report_words*)area)->word, ((union report_words const*)report)->word, count);
}

void coop_status_write(struct coop_status* area, struct coop_status const* status) {
    write_area(((union status_words*)area)->word, ((union status_words const*)status)->word,
               status_words);
}

enum coop_error coop_report_read(struct coop_report* copy, struct coop_report const* area) {
    union report_words* const to = (union report_words*)copy;
    uint64_t const* const from = ((union report_words const*)area)->word;
    for (unsigned i = 0; i < COOP_AREA_TRIES; ++i) {
        to->word[0] = __atomic_load_n(from, __ATOMIC_ACQUIRE);
        copy_out(to->word, from, 1, report_head - 1);
        unsigned const kept = entries(copy->processors);
        copy_out(to->word, from, report_head, kept * entry);
        if (unchanged(from, to->word[0])) {
            memset(&copy->processor[kept], 0, (COOP_PROCESSORS - kept) * sizeof(*copy->processor));
            return COOP_OK;
        }
    }
    return COOP_ERROR_BUSY;
}

enum coop_error coop_status_read(struct coop_status* copy, struct coop_status const* area) {
    union status_words* const to = (union status_words*)copy;
    uint64_t const* const from = ((union status_words const*)area)->word;
    for (unsigned i = 0; i < COOP_AREA_TRIES; ++i) {
        to->word[0] = __atomic_load_n(from, __ATOMIC_ACQUIRE);
        copy_out(to->word, from, 1, status_words - 1);
        if (unchanged(from, to->word[0]))
            return COOP_OK;
    }
    return COOP_ERROR_BUSY;
}
