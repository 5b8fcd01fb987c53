// SPDX-License-Identifier: MIT
// The guest against a VMM side that writes what it likes to its page, between any two calls.
#include "promise.h"
#include "script.h"

#include <cooperation/codec.h>
#include <cooperation/reasons.h>
#include <cooperation/stock_guest.h>
#include <cooperation/types.h>

int LLVMFuzzerTestOneInput(uint8_t const* data, size_t size);

static struct coop_guest_config const config = {
    .capabilities = COOP_CAPABILITIES,
    .processors = 8,
    .processors_least = 1,
    .report_period = 10,
    .reclaim_time = 10,
    .patience = 100,
    .session = 1,
};

struct world {
    struct coop_guest_page* guest;
    struct coop_vmm_page* vmm;
    struct coop_stock_guest link;
    uint64_t now;
    uint32_t said;
};

// Heads, and a WELCOME's body, are as they should be unless the script wants otherwise.
static void say(struct world* world, struct script* script) {
    static uint8_t const kinds[4] = {COOP_WELCOME, COOP_ANSWER, COOP_OFFER, COOP_RECLAIM};
    struct coop_message message;
    struct coop_guest const* const guest = &world->link.engine;
    uint8_t const how = script_byte(script);
    uint8_t const kind = kinds[how & 3];
    coop_message_make(&message, (enum coop_type)kind, guest->session, 0, world->now);
    if (world->vmm->side.produced == world->guest->side.consumed)
        world->said = guest->received.last; // of what was refused nothing counts
    if (kind == COOP_WELCOME)
        world->said = 0;
    message.head.sequence = ++world->said;
    if (kind == COOP_WELCOME || kind == COOP_ANSWER)
        message.head.regarding = kind == COOP_WELCOME ? 1 : guest->request;
    script_bytes(script, &message.body, how & 4 ? sizeof(message.body) : 20);
    struct coop_welcome const good = {1, 0, COOP_CAPABILITIES, guest->instance, 8, 0, 1000, 0,
                                      1, 1};
    if (kind == COOP_WELCOME && (how & 8) == 0)
        message.body.welcome = good;
    if ((kind == COOP_OFFER || kind == COOP_RECLAIM) && (how & 16) == 0) {
        message.body.transfer.processors &= 255;
        message.body.transfer.deadline = world->now + 1 + how;
        message.body.transfer.count = 1;
    }
    world->vmm->slots[world->vmm->side.produced % COOP_RING_SLOTS] = message;
    ++world->vmm->side.produced;
    world->vmm->status.session = guest->session;
}

static void scribble(struct world* world, struct script* script) {
    size_t const at = script_word(script) % COOP_PAGE_BYTES;
    size_t const most = COOP_PAGE_BYTES - at;
    size_t const wanted = script_byte(script);
    script_bytes(script, (uint8_t*)world->vmm + at, wanted < most ? wanted : most);
}

static void decide(struct world* world, struct script* script) {
    struct coop_guest* const guest = &world->link.engine;
    struct coop_request const request = {2, 1, COOP_NEED_QUEUE, 0, 0, 0, 0, 0, 0, 0};
    struct coop_reply reply = {0, 0, COOP_REASON_PINNED, COOP_NO_PROCESSOR, 0, 0, 0, 0};
    enum coop_type const kind = script_byte(script) & 1 ? COOP_OFFER : COOP_RECLAIM;
    (void)coop_guest_request(guest, &request, world->now);
    (void)coop_guest_work(guest, kind, world->now);
    reply.processors = script_byte(script);
    reply.online = kind == COOP_OFFER ? reply.processors | 1u : reply.processors ^ 255u;
    reply.online = reply.processors ? reply.online : 0;
    reply.manner = kind == COOP_RECLAIM && reply.processors ? COOP_MANNER_PARK : COOP_MANNER_ANY;
    (void)coop_guest_reply(guest, kind, &reply, world->now);
}

static void turn(struct world* world) {
    struct coop_guest_event event;
    struct coop_report report = {0};
    for (unsigned calls = 0; calls < 64; ++calls)
        if (!coop_stock_guest_step(&world->link, world->now, &event))
            break;
    report.processors = 8;
    coop_stock_guest_report(&world->link, &report, world->now);
    (void)coop_stock_guest_notify(&world->link);
}

static void promises(struct world* world) {
    struct coop_guest const* const guest = &world->link.engine;
    PROMISE(guest->state <= COOP_GUEST_LEFT);
    PROMISE(guest->outbox.count <= COOP_OUTBOX_MESSAGES);
    PROMISE(guest->state == COOP_GUEST_JOINED || (!guest->request && !guest->offer.sequence));
    PROMISE((guest->agreed.capabilities & ~config.capabilities) == 0);
    PROMISE((guest->offer.transfer.processors & ~255u) == 0);
    for (unsigned i = 0; i < guest->outbox.count; ++i) {
        unsigned const place = (guest->outbox.first + i) % COOP_OUTBOX_MESSAGES;
        PROMISE(!coop_message_check(&guest->outbox.messages[place], COOP_FROM_GUEST));
    }
}

static void act(struct world* world, struct script* script) {
    switch (script_byte(script) % 8) {
    case 0:
    case 1:
        say(world, script);
        break;
    case 2:
        scribble(world, script);
        break;
    case 3:
        decide(world, script);
        break;
    case 4:
        world->now += script_byte(script);
        break;
    case 5:
        ++world->vmm->side.incarnation;
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
    world.vmm->side.magic = COOP_VMM_MAGIC;
    world.vmm->side.state = COOP_SIDE_OPEN;
    world.vmm->side.incarnation = 1;
    world.vmm->status.number = world.vmm->status.time = 1;
    coop_stock_guest_begin(&world.link, &config, world.guest, world.vmm);
    while (script.left) {
        act(&world, &script);
        promises(&world);
    }
    free(world.guest);
    free(world.vmm);
    return 0;
}
