// SPDX-License-Identifier: MIT
#include "cheats.hpp"

#include <cooperation/limits.h>
#include <cooperation/reasons.h>
#include <lavandin/clock.hpp>

#include <array>
#include <stdio.h>

using namespace lavandin;

namespace cheater {

namespace {

constexpr uint64_t period = 10 * millisecond;
constexpr unsigned many = 100; // messages of a flood, for it to be one
constexpr uint32_t everything = COOP_PROCESSORS * COOP_WHOLE;

// A generator by Marsaglia (xorshift64): what is written is to be anything, and the same each time.
uint64_t anything() {
    static uint64_t state = 88172645463325252;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

bool claim(Manager& manager) {
    manager.turn();
    manager.report(10 * now(), everything);
    manager.ask(2);
    sleep_for(period);
    return true;
}

bool refuse(Manager& manager) {
    manager.turn();
    manager.report(0, everything);
    sleep_for(period);
    return true;
}

// Of another session, which is no violation: only the rate holds it back.
bool flood(Manager& manager) {
    coop_message message{};
    message.head.type = COOP_RELEASE;
    message.head.session = manager.session() + 1;
    message.head.sequence = 5;
    message.head.time = now();
    message.body.release.processors = 0b10;
    message.body.release.online = 0b01;
    message.body.release.manner = COOP_MANNER_STOP;
    static unsigned taken = 0; // or in the ring still
    unsigned const before = taken;
    while (manager.put(message))
        ++taken;
    if (before < many && taken >= many) {
        printf("cheater: %u messages are sent\n", taken);
        fflush(stdout);
    }
    manager.edge();
    sleep_for(period / 100);
    return true;
}

// Both pages are ours.
bool garble(Manager& manager) {
    constexpr unsigned words = 512, at_once = 16;
    for (void* page : {static_cast<void*>(&manager.own()), static_cast<void*>(&manager.other())})
        for (unsigned i = 0; i < at_once; ++i)
            static_cast<uint64_t volatile*>(page)[anything() % words] = anything();
    manager.own().side.magic = COOP_GUEST_MAGIC;
    manager.own().side.state = COOP_SIDE_OPEN;
    manager.edge();
    sleep_for(period);
    return true;
}

bool replay(Manager& manager) {
    manager.turn();
    manager.ask(2);
    coop_message const old = manager.last();
    for (unsigned i = 0; i < 4; ++i)
        static_cast<void>(manager.put(old));
    manager.edge();
    sleep_for(period);
    return true;
}

// It gives one up, though it does not, is offered it again, and is gone.
bool die(Manager& manager) {
    manager.turn(false);
    if (manager.offered())
        return false;
    manager.release();
    manager.ask(2);
    sleep_for(period);
    return true;
}

constexpr std::array all{
    Cheat{"claims", "reports load that it does not have, asks for everything", claim},
    Cheat{"refuses", "refuses every reclaim", refuse},
    Cheat{"floods", "messages and edges without end", flood},
    Cheat{"garbles", "writes anything to both pages", garble},
    Cheat{"replays", "sends old sequence numbers again", replay},
    Cheat{"dies", "ends while an offer is open", die},
};

} // namespace

std::span<Cheat const> cheats() { return all; }

} // namespace cheater
