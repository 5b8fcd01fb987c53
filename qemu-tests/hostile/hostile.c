// SPDX-License-Identifier: MIT
// What a hostile dom0 does to a guest. See README.md.
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>
#include <xen/memory.h>
#include <xencall.h>
#include <xengnttab.h>

enum { page_bytes = 4096, most_ports = 1024, most_channels = 8 };

static int fail(char const* what) {
    perror(what);
    return 1;
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

// xorshift64 (Marsaglia, 2003)
static uint64_t random_state;
static uint64_t draw(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void* map(uint32_t domain, uint32_t reference) {
    xengnttab_handle* const grants = xengnttab_open(NULL, 0);
    return grants ? xengnttab_map_grant_ref(grants, domain, reference, PROT_READ | PROT_WRITE)
                  : NULL;
}

// The rings that the toolstack granted to dom0 at fixed references (xen/grant_table.h).
struct ring {
    uint32_t reference;
    uint32_t volatile* index[4];
    char volatile* bytes;
    size_t size;
};

static int find_ring(uint32_t domain, char const* name, struct ring* ring, char** page) {
    int const console = strcmp(name, "console") == 0;
    if (!console && strcmp(name, "store") != 0)
        return 0;
    *page = map(domain, console ? GNTTAB_RESERVED_CONSOLE : GNTTAB_RESERVED_XENSTORE);
    if (!*page)
        return 0;
    struct xencons_interface* const c = (void*)*page;
    struct xenstore_domain_interface* const s = (void*)*page;
    *ring = console ? (struct ring){0,
                                    {&c->in_cons, &c->in_prod, &c->out_cons, &c->out_prod},
                                    *page,
                                    sizeof(c->in) + sizeof(c->out)}
                    : (struct ring){0,
                                    {&s->req_cons, &s->req_prod, &s->rsp_cons, &s->rsp_prod},
                                    *page,
                                    sizeof(s->req) + sizeof(s->rsp)};
    return 1;
}

// A value that is wild, or close to what is there.
static uint32_t bad_index(uint32_t there) {
    switch (draw() % 4) {
    case 0:
        return (uint32_t)draw();
    case 1:
        return there + (uint32_t)(draw() % 64);
    case 2:
        return there - (uint32_t)(draw() % 64);
    default:
        return there + (uint32_t)(draw() % 4096);
    }
}

static volatile sig_atomic_t stopped;
static void stop(int signal) { stopped = signal; }

static int scribble(uint32_t domain, char const* name, uint64_t seed, double seconds) {
    struct ring ring;
    char* page;
    if (!find_ring(domain, name, &ring, &page))
        return fail("ring");
    signal(SIGTERM, stop); // it says all the same how much it did
    random_state = seed * 2654435761u + 1;
    unsigned long writes = 0;
    for (double const end = now() + seconds; now() < end && !stopped; ++writes) {
        uint32_t volatile* const index = ring.index[draw() % 4];
        if (draw() % 3 == 0)
            *index = bad_index(*index);
        else
            for (uint64_t i = draw() % 64; i > 0; --i)
                ring.bytes[draw() % ring.size] = (char)draw();
        if (strcmp(name, "store") == 0 && draw() % 16 == 0)
            ((uint32_t volatile*)(page + 2 * XENSTORE_RING_SIZE))[4 + draw() % 3] =
                (uint32_t)draw();
        usleep((useconds_t)(draw() % 2000));
    }
    printf("%lu writes\n", writes);
    return 0;
}

// Once: our counts become ones that cannot be.
static int break_ring(uint32_t domain, char const* name) {
    struct ring ring;
    char* page;
    if (!find_ring(domain, name, &ring, &page))
        return fail("ring");
    int const console = strcmp(name, "console") == 0;
    // What the guest reads: of the console how much was taken, of the store how much was answered.
    *ring.index[console ? 2 : 3] += 0x7000;
    return 0;
}

// As after the toolstack made the guest, as far as the page shows it.
static int restore(uint32_t domain, char const* name) {
    struct ring ring;
    char* page;
    if (!find_ring(domain, name, &ring, &page))
        return fail("ring");
    *ring.index[0] = *ring.index[1];
    *ring.index[2] = *ring.index[3];
    return 0;
}

// dom0's ends of the channels to the guest.
static int find_channels(xencall_handle* call, uint32_t domain, evtchn_port_t* ports) {
    evtchn_status_t* const status = xencall_alloc_buffer(call, sizeof(*status));
    int count = 0;
    for (evtchn_port_t port = 1; status && port < most_ports && count < most_channels; ++port) {
        *status = (evtchn_status_t){.dom = DOMID_SELF, .port = port};
        if (xencall2(call, __HYPERVISOR_event_channel_op, EVTCHNOP_status, (uint64_t)status) == 0 &&
            status->status == EVTCHNSTAT_interdomain && status->u.interdomain.dom == domain)
            ports[count++] = port;
    }
    xencall_free_buffer(call, status);
    return count;
}

static int storm(uint32_t domain, double seconds) {
    xencall_handle* const call = xencall_open(NULL, 0);
    evtchn_port_t ports[most_channels];
    int const count = call ? find_channels(call, domain, ports) : 0;
    evtchn_send_t* const send = call ? xencall_alloc_buffer(call, sizeof(*send)) : NULL;
    if (!count || !send)
        return fail("channels");
    unsigned long sent = 0;
    for (double const end = now() + seconds; now() < end;)
        for (int i = 0; i < 100; ++i) {
            send->port = ports[sent % (unsigned)count];
            if (xencall2(call, __HYPERVISOR_event_channel_op, EVTCHNOP_send, (uint64_t)send) != 0)
                return fail("send");
            ++sent;
        }
    printf("%lu sent on %d channels\n", sent, count);
    return 0;
}

static int answer(uint32_t domain, uint32_t reference, double seconds) {
    xengnttab_handle* const grants = xengnttab_open(NULL, 0);
    char* const page =
        grants ? xengnttab_map_grant_ref(grants, domain, reference, PROT_READ | PROT_WRITE) : NULL;
    if (!page)
        return fail("map");
    printf("found: %.20s\n", page);
    strcpy(page, "from dom0");
    usleep((useconds_t)(seconds * 1e6));
    strcpy(page, "until the last moment");
    return xengnttab_unmap(grants, page, 1) ? fail("unmap") : 0;
}

// How many of so many pieces of 2^order pages Xen gave to the domain, or took from it.
static long reserve(xencall_handle* call, int operation, uint32_t domain, xen_pfn_t* pieces,
                    unsigned long count, unsigned order) {
    struct xen_memory_reservation* const some = xencall_alloc_buffer(call, sizeof(*some));
    if (!some)
        return 0;
    memset(some, 0, sizeof(*some));
    set_xen_guest_handle(some->extent_start, pieces);
    some->nr_extents = count;
    some->extent_order = order;
    some->domid = (domid_t)domain;
    long const done = xencall2(call, __HYPERVISOR_memory_op, (uint64_t)operation, (uint64_t)some);
    xencall_free_buffer(call, some);
    return done > 0 ? done : 0;
}

// Beyond the pages that the domain uses; it does not learn of them.
static int soak(uint32_t domain, double seconds) {
    static unsigned const orders[] = {9, 0};
    enum { most = 4096, kinds = sizeof(orders) / sizeof(*orders) };
    xencall_handle* const call = xencall_open(NULL, 0);
    xen_pfn_t* const pieces =
        call ? xencall_alloc_buffer(call, kinds * most * sizeof(*pieces)) : NULL;
    if (!pieces)
        return fail("buffer");
    signal(SIGTERM, stop);
    long taken[kinds];
    unsigned long pages = 0;
    xen_pfn_t next = 1ul << 20;
    for (size_t kind = 0; kind < kinds; ++kind) {
        for (int i = 0; i < most; ++i, next += 1ul << orders[kind])
            pieces[kind * most + (size_t)i] = next;
        taken[kind] = reserve(call, XENMEM_populate_physmap, domain, pieces + kind * most, most,
                              orders[kind]);
        pages += (unsigned long)taken[kind] << orders[kind];
    }
    printf("%lu pages, %s\n", pages, taken[kinds - 1] < most ? "all there are" : "not all");
    fflush(stdout);
    for (double const end = now() + seconds; now() < end && !stopped;)
        usleep(10000);
    for (size_t kind = 0; kind < kinds; ++kind)
        if (taken[kind] && reserve(call, XENMEM_decrease_reservation, domain, pieces + kind * most,
                                   (unsigned long)taken[kind], orders[kind]) != taken[kind])
            return fail("giving back");
    return 0;
}

int main(int count, char** words) {
    uint32_t const domain = count > 2 ? (uint32_t)atoi(words[2]) : 0;
    if (count == 6 && strcmp(words[1], "scribble") == 0)
        return scribble(domain, words[3], strtoull(words[4], NULL, 0), atof(words[5]));
    if (count == 4 && strcmp(words[1], "break") == 0)
        return break_ring(domain, words[3]);
    if (count == 4 && strcmp(words[1], "restore") == 0)
        return restore(domain, words[3]);
    if (count == 4 && strcmp(words[1], "storm") == 0)
        return storm(domain, atof(words[3]));
    if (count == 5 && strcmp(words[1], "answer") == 0)
        return answer(domain, (uint32_t)atoi(words[3]), atof(words[4]));
    if (count == 4 && strcmp(words[1], "soak") == 0)
        return soak(domain, atof(words[3]));
    fprintf(stderr, "see README.md\n");
    return 2;
}
