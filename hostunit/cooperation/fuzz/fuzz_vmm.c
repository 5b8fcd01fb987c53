// SPDX-License-Identifier: MIT
// The VMM side against a guest that writes what it likes to both pages (it owns them), between any
// two calls.
#include "promise.h"
#include "script.h"

#include <cooperation/codec.h>
#include <cooperation/reasons.h>
#include <cooperation/stock_vmm.h>

int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size);

static struct coop_vmm_config const config = {
    .instance = 1,
    .capabilities = COOP_CAPABILITIES,
    .ceiling = 8,
    .turn_away = 0,
    .entitlement = 1000,
    .report_period = 10,
    .reclaim_time = 10,
    .reclaim_most = 1000,
    .answer_time = 100,
    .burst = 8,
    .interval = 10,
    .tolerated = 64, // so that more than garbage is reached
    .forgiven = 100,
    .suspension = 1000,
};

struct world {
    struct coop_guest_page* guest;
    struct coop_vmm_page* vmm;
    struct coop_stock_vmm link;
    uint64_t now;
    uint32_t said; // sequence of the guest's last message
};

// A reply that fits what was asked.
static struct coop_reply fitting(struct world const* world, int reclaim, int done) {
    struct coop_pending const* const asked =
        reclaim ? &world->link.engine.reclaim : &world->link.engine.offer;
    uint64_t const one = asked->transfer.processors & -asked->transfer.processors;
    struct coop_reply reply = {0, 0, COOP_REASON_BUSY, COOP_NO_PROCESSOR, 0, 0, 0, 0};
    if (!done)
        return reply;
    reply.processors = one;
    reply.online = reclaim ? one ^ 255u : one;
    reply.manner = reclaim ? COOP_MANNER_PARK : COOP_MANNER_ANY;
    return reply;
}

// A message whose head is as it should be unless the script wants otherwise, so that bodies count.
static void say(struct world* world, struct script* script) {
    static uint8_t const kinds[8] = {COOP_HELLO,   COOP_REQUEST, COOP_RELEASE, COOP_DONE,
                                     COOP_REFUSED, COOP_REQUEST, COOP_DONE,    COOP_DONE};
    struct coop_message message;
    uint8_t const how = script_byte(script);
    uint8_t const kind = kinds[how & 7];
    coop_message_make(&message, (enum coop_type)kind, world->link.engine.session, 0, world->now);
    if (world->guest->side.produced == world->vmm->side.consumed)
        world->said = world->link.engine.received.last; // of what was refused nothing counts
    if (kind == COOP_HELLO) {
        message.head.session = 1 + script_byte(script);
        world->said = 0;
    }
    message.head.sequence = ++world->said;
    int const replies = kind == COOP_DONE || kind == COOP_REFUSED;
    int const reclaim = (how & 16) != 0;
    if (replies)
        message.head.regarding =
            reclaim ? world->link.engine.reclaim.sequence : world->link.engine.offer.sequence;
    script_bytes(script, &message.body, how & 32 ? sizeof(message.body) : 16);
    if (kind == COOP_HELLO && (how & 64) == 0) {
        message.body.hello.version_least = message.body.hello.version_most = 1;
        message.body.hello.instance = config.instance;
        message.body.hello.processors = 8;
        message.body.hello.processors_least = 1;
        message.body.hello.report_period = message.body.hello.reclaim_time = 1;
        message.body.hello.zero = 0;
    }
    if (replies && (how & 64) == 0)
        message.body.reply = fitting(world, reclaim, kind == COOP_DONE);
    world->guest->slots[world->guest->side.produced % COOP_RING_SLOTS] = message;
    ++world->guest->side.produced;
}

static void scribble(struct world* world, struct script* script) {
    uint32_t const place = script_word(script);
    uint8_t* const page = place & 0x10000 ? (uint8_t*)world->vmm : (uint8_t*)world->guest;
    size_t const at = place % COOP_PAGE_BYTES;
    size_t const most = COOP_PAGE_BYTES - at;
    size_t const wanted = script_byte(script);
    script_bytes(script, page + at, wanted < most ? wanted : most);
}

static void decide(struct world* world, struct script* script) {
    struct coop_answer answer = {COOP_GRANTED, 0, 1, 0, 0, 0, 0, 0};
    uint8_t const mask = script_byte(script);
    struct coop_transfer transfer = {mask, world->now + 20, 0, 1, 0, 0, 0, 0};
    (void)coop_vmm_answer(&world->link.engine, &answer, world->now);
    (void)coop_vmm_offer(&world->link.engine, &transfer, 0, world->now);
    (void)coop_vmm_reclaim(&world->link.engine, &transfer, world->now);
}

static void promises(struct world* world) {
    struct coop_vmm const* const vmm = &world->link.engine;
    PROMISE(vmm->state <= COOP_VMM_SUSPENDED);
    PROMISE((vmm->state == COOP_VMM_JOINED) == (vmm->session != 0));
    PROMISE(vmm->tokens <= config.burst && vmm->points < config.tolerated);
    PROMISE(vmm->outbox.count <= COOP_OUTBOX_MESSAGES);
    PROMISE(vmm->session || (!vmm->request.head.sequence && !vmm->offer.sequence));
    PROMISE(!vmm->enforced || vmm->reclaim_due);
}

static void turn(struct world* world) {
    struct coop_vmm_event event;
    struct coop_allocation const allocation = {1, 0, 0};
    unsigned calls = 0;
    while (coop_stock_vmm_step(&world->link, world->now, &event))
        PROMISE(++calls < 64); // bounded work, whatever the guest wrote
    (void)coop_stock_vmm_report(&world->link, world->now, &event);
    coop_stock_vmm_flush(&world->link, &allocation, world->now, &event);
    struct coop_status status;
    PROMISE(coop_status_read(&status, &world->vmm->status) == COOP_OK);
    PROMISE(coop_status_check(&status) == COOP_OK);
    (void)coop_stock_vmm_notify(&world->link);
}

static void act(struct world* world, struct script* script) {
    switch (script_byte(script) % 8) {
    case 0:
    case 1:
    case 2:
        say(world, script);
        break;
    case 3:
        scribble(world, script);
        break;
    case 4:
        decide(world, script);
        break;
    case 5:
        world->now += script_byte(script);
        break;
    default:
        turn(world);
    }
}

int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size) {
    struct script script = {data, size};
    struct world world = {0};
    world.guest = calloc(1, sizeof(*world.guest));
    world.vmm = calloc(1, sizeof(*world.vmm));
    world.now = 1000;
    PROMISE(world.guest && world.vmm);
    world.guest->side.magic = COOP_GUEST_MAGIC;
    world.guest->side.state = COOP_SIDE_OPEN;
    PROMISE(coop_stock_vmm_begin(&world.link, &config, world.guest, world.vmm, world.now) ==
            COOP_OK);
    while (script.left) {
        act(&world, &script);
        promises(&world);
    }
    turn(&world);
    free(world.guest);
    free(world.vmm);
    return 0;
}
