// SPDX-License-Identifier: MIT
// Prints the recording of a seeded life: record_life SEED STEPS [hostile]. With `hostile` the guest
// says what it must not, too, and the VMM side's recording alone is printed. Not a test: the group
// that replays recordings against the model runs it.
#include "life.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

void print(std::string const& line) { std::fputs(line.c_str(), stdout); }

void print_vmm(std::string const& line) {
    if (line.find("\"side\":\"vmm\"") != std::string::npos)
        print(line);
}

// A message as good as a guest's, or with something wrong.
coop_message anything(Pair const& pair, std::mt19937_64& random) {
    auto const& vmm = pair.vmm.engine;
    auto const next = static_cast<uint32_t>(vmm.received.last + 1 + (random() % 8 == 0));
    coop_message const messages[] = {
        samples::hello(),     samples::request(),     samples::release(),   samples::done(2, 2),
        samples::given(2, 2), samples::refused(2, 2), samples::answer(2, 2)};
    auto message = messages[random() % 7];
    if (message.head.type == COOP_HELLO) {
        message.body.hello.instance = vmm.config.instance - (random() % 8 == 0);
        message.head.session = vmm.session + static_cast<uint32_t>(random() % 3);
        return message;
    }
    message.head.session = vmm.session + (random() % 8 == 0);
    message.head.sequence = random() % 8 == 0 ? static_cast<uint32_t>(random() % 9) : next;
    if (message.head.regarding != 0)
        message.head.regarding = random() % 2 == 0 ? vmm.offer.sequence : vmm.reclaim.sequence;
    if (random() % 8 == 0)
        message.body.words[random() % 5] ^= uint64_t{1} << random() % 64;
    return message;
}

int hostile(uint64_t seed, uint64_t steps) {
    std::mt19937_64 random{seed};
    Pair pair;
    pair.record = print_vmm;
    pair.start();
    for (; steps != 0; --steps) {
        pair.now += random() % 20'000'000;
        pair.vmm.engine.config.tolerated = 30; // so that more is seen than suspensions
        if (pair.vmm.engine.state == COOP_VMM_SUSPENDED && random() % 8 == 0)
            pair.now += pair.vmm.engine.config.suspension;
        if (random() % 64 == 0)
            pair.start_vmm();
        auto const message = anything(pair, random);
        coop_producer_put(&pair.guest.out, &message);
        if (random() % 128 == 0) // an impossible count, from which it goes on
            pair.guest_page->side.produced = pair.guest.out.count += 100;
        pair.vmm_turn();
        pair.answer(random() % 2 != 0 ? COOP_GRANTED : COOP_LATER);
        if (random() % 2 != 0)
            pair.offer(0b1100);
        else
            pair.reclaim(0b1100);
        coop_consumer_skip(&pair.guest.in);
    }
    return 0;
}

int good(uint64_t seed, uint64_t steps) {
    Life life{seed, print};
    for (; steps != 0; --steps)
        life.step();
    life.settle();
    return ::testing::Test::HasFailure() ? 1 : 0;
}

} // namespace

int main(int count, char** arguments) {
    bool const bad = count == 4 && std::strcmp(arguments[3], "hostile") == 0;
    if (count != 3 && !bad) {
        std::fprintf(stderr, "usage: %s SEED STEPS [hostile]\n", arguments[0]);
        return 2;
    }
    auto const seed = std::strtoull(arguments[1], nullptr, 10);
    auto const steps = std::strtoull(arguments[2], nullptr, 10);
    return bad ? hostile(seed, steps) : good(seed, steps);
}
