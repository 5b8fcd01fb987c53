// SPDX-License-Identifier: MIT
// Independent work: pairs of processes that call each other, a pair to a processor. One pair by
// itself, then two at once, which should take no longer, and how often a kernel lock was waited for
// then.
#include "partner.hpp"
#include "processors.hpp"

#include <lavandin/accounts.hpp>
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

// Of both processors, read without a system call, which would be one more to wait.
class Lock_waits {
public:
    static Result<Lock_waits> open() {
        Lock_waits made;
        for (uint64_t i = 0; i < made._watches.size(); ++i) {
            auto const processor = TRY(processor_open(environment().capability("system"), i));
            made._watches[i] = TRY(Processor_watch::open(processor));
        }
        return made;
    }
    uint64_t count() const {
        uint64_t sum = 0;
        for (Processor_watch const& watch : _watches)
            sum += watch.read().counts.lock_waits;
        return sum;
    }

private:
    std::array<Processor_watch, 2> _watches;
};

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

// Waits for locks from a quarter to a half of the time that both take, when they do nothing but
// call: neither is being started then, nor has it come to its end.
Result<uint64_t> waits_of_both(std::array<Pair, 2> const& pairs, Lock_waits const& waits,
                               uint64_t nanoseconds) {
    sleep_for(millisecond); // all have come to rest
    for (Pair const& pair : pairs)
        TRY_VOID(pair.go.signal());
    sleep_for(nanoseconds / 4);
    uint64_t const before = waits.count();
    sleep_for(nanoseconds / 4);
    uint64_t const after = waits.count();
    for (Pair const& pair : pairs)
        static_cast<void>(TRY(pair.done.wait()));
    return after - before;
}

} // namespace

Result<void> measure_pairs() {
    TRY_VOID(wait_for_processors(2));
    auto const code = TRY(make_partner_code());
    std::array<Pair, 2> pairs;
    for (uint64_t i : {0UL, 1UL})
        pairs[i] = TRY(make_pair(code.memory(), i));
    static_cast<void>(TRY(run(pairs, 2))); // whatever is made on first use
    auto const lock_waits = TRY(Lock_waits::open());
    TRY_VOID(thread_set_affinity(0, 1)); // who looks is nobody's rival elsewhere
    std::array<uint64_t, rounds> one{};
    std::array<uint64_t, rounds> two{};
    std::array<uint64_t, rounds> waits{};
    for (unsigned i = 0; i < rounds; ++i) {
        one[i] = TRY(run(pairs, 1)) / partner_calls;
        uint64_t const both = TRY(run(pairs, 2));
        two[i] = both / partner_calls;
        waits[i] = TRY(waits_of_both(pairs, lock_waits, both));
    }
    print_figure("one pair: a call and its reply", "nanoseconds", one.data(), rounds);
    print_figure("two pairs at once: a call and its reply", "nanoseconds", two.data(), rounds);
    print_figure("two pairs at once: waits for locks", "waits", waits.data(), rounds);
    return {};
}

} // namespace bench
