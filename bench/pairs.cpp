// SPDX-License-Identifier: MIT
// Independent work: pairs of processes that call each other, a pair to a processor. One pair by
// itself, then two at once, which should take no longer, and how often a kernel lock was waited for
// then.
#include "partner.hpp"
#include "processors.hpp"

#include <lavandin/clock.hpp>
#include <lavandin/environment.hpp>

#include <array>

using namespace lavandin;

namespace bench {

namespace {

constexpr unsigned rounds = 15;

struct Pair {
    Endpoint endpoint;
    Notification go, done;
    Partner server, client;
};

Result<Pair> make_pair(Memory const& code, uint64_t processor) {
    Pair made;
    made.endpoint = TRY(Endpoint::create());
    made.go = TRY(Notification::create());
    made.done = TRY(Notification::create());
    made.server = TRY(start_server(code, made.endpoint, partner_echo));
    made.client = TRY(Partner::create(code));
    Process const& client = made.client.process();
    uint64_t const calls = TRY(client.install(made.endpoint.index()));
    uint64_t const waits = TRY(client.install(made.go.index()));
    uint64_t const signals = TRY(client.install(made.done.index()));
    TRY_VOID(made.client.start(partner_call_often, signals << 32 | waits << 16 | calls));
    for (Partner const* each : {&made.server, &made.client})
        TRY_VOID(thread_set_affinity(each->thread().index(), uint64_t{1} << processor));
    return made;
}

Result<uint64_t> lock_waits() {
    auto const system = System::borrow(environment().capability("system"));
    return TRY(system.information()).lock_waits;
}

// Nanoseconds until the first `count` of them are done.
Result<uint64_t> run(std::array<Pair, 2> const& pairs, unsigned count) {
    sleep_for(millisecond); // all have come to rest
    uint64_t const begin = now();
    for (unsigned i = 0; i < count; ++i)
        TRY_VOID(pairs[i].go.signal());
    for (unsigned i = 0; i < count; ++i)
        static_cast<void>(TRY(pairs[i].done.wait()));
    return now() - begin;
}

} // namespace

Result<void> measure_pairs() {
    TRY_VOID(wait_for_processors(2));
    auto const code = TRY(make_partner_code());
    std::array<Pair, 2> pairs;
    for (uint64_t i : {0UL, 1UL})
        pairs[i] = TRY(make_pair(code.memory(), i));
    static_cast<void>(TRY(run(pairs, 2))); // whatever is made on first use
    std::array<uint64_t, rounds> one{};
    std::array<uint64_t, rounds> two{};
    std::array<uint64_t, rounds> waits{};
    for (unsigned i = 0; i < rounds; ++i) {
        one[i] = TRY(run(pairs, 1)) / partner_calls;
        uint64_t const before = TRY(lock_waits());
        two[i] = TRY(run(pairs, 2)) / partner_calls;
        waits[i] = TRY(lock_waits()) - before;
    }
    print_figure("one pair: a call and its reply", "nanoseconds", one.data(), rounds);
    print_figure("two pairs at once: a call and its reply", "nanoseconds", two.data(), rounds);
    print_figure("two pairs at once: waits for locks in 10,000 calls", "waits", waits.data(),
                 rounds);
    return {};
}

} // namespace bench
