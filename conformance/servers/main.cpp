// SPDX-License-Identifier: MIT
// server-deaths: ends servers in the middle of requests and looks at what becomes of it.
#include "clients.hpp"
#include "killer.hpp"

#include <framework/counters.hpp>
#include <lavandin/clock.hpp>
#include <lavandin/console_client.hpp>
#include <lavandin/memory_client.hpp>
#include <lavandin/objects.hpp>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

namespace server_deaths {
namespace {

using namespace lavandin;

constexpr uint64_t client_priority = 12;
constexpr uint64_t settling_time = 3 * second; // for servers to finish what they do for the ended
constexpr uint64_t settling_step = 10 * millisecond;
// Longer than dom0 takes to answer, else no request would ever get through.
constexpr uint64_t usual_pause = 60 * millisecond;
constexpr uint64_t store_pause = 600 * millisecond;
constexpr unsigned most_rounds = 10; // until there have been enough deaths

bool enough(Tally const& tally) { return tally.kills >= 10 && tally.interrupted >= 3; }

// What must be the same before and after.
struct Balance {
    conformance::Counters counters;
    uint64_t pool_limit; // of the memory server
    uint64_t pool_used;
    uint64_t own_regions; // bytes that this process has of it

    // Objects of a kind share kernel pages, and those that live on may lie in other ones now: a
    // page of a kind more or less is no leak (that would be one for each death).
    bool same(Balance other) const {
        constexpr uint64_t kinds = std::size(conformance::Counters{}.objects);
        uint64_t const more = other.counters.frames - counters.frames + kinds;
        other.counters.frames = counters.frames;
        return more <= 2 * kinds && counters == other.counters && pool_limit == other.pool_limit &&
               pool_used == other.pool_used && own_regions == other.own_regions;
    }
};

Result<Balance> take_balance() {
    auto const totals = TRY(memory_totals());
    return Balance{TRY(conformance::count(environment().capability("system"))), totals.server_limit,
                   totals.server_used, totals.client_used};
}

void describe(char const* what, uint64_t before, uint64_t after) {
    if (before != after)
        printf("# %s: %+lld\n", what, static_cast<long long>(after - before));
}

void describe(Balance const& before, Balance const& after) {
    for (unsigned type = 1; type < std::size(before.counters.objects); ++type) {
        char name[24];
        snprintf(name, sizeof(name), "objects of type %u", type);
        describe(name, before.counters.objects[type], after.counters.objects[type]);
    }
    describe("free frames", before.counters.frames, after.counters.frames);
    describe("page tables", before.counters.page_tables, after.counters.page_tables);
    describe("own quota used", before.counters.quota_used, after.counters.quota_used);
    describe("pool's limit", before.pool_limit, after.pool_limit);
    describe("pool used", before.pool_used, after.pool_used);
    describe("own regions", before.own_regions, after.own_regions);
}

bool settles(Balance const& before) {
    Balance last = before;
    for (uint64_t const deadline = after(settling_time); now() < deadline;
         sleep_for(settling_step)) {
        auto const balance = take_balance();
        if (balance.ok() && before.same(balance.value()))
            return true;
        if (balance.ok())
            last = balance.value();
    }
    describe(before, last);
    return false;
}

// When nothing changes any more: what has ended goes in steps, on whatever processor. Error:
// timed_out.
Result<Balance> settled_balance() {
    constexpr unsigned looks = 10; // in a row that have to be the same
    Balance last = TRY(take_balance());
    unsigned same = 0;
    for (uint64_t const deadline = after(settling_time); now() < deadline;) {
        sleep_for(settling_step);
        auto const balance = TRY(take_balance());
        same = last.counters == balance.counters ? same + 1 : 0;
        last = balance;
        if (same == looks)
            return last;
    }
    return Error::timed_out;
}

class Suite {
public:
    void test(char const* name, std::span<std::string_view const> servers, uint64_t pause);
    void init_cannot_be_ended();
    void plan(unsigned tests) { printf("KTAP version 1\n1..%u\n", tests); }
    bool failed() const { return _failed; }
    void skip(char const* name, char const* reason) {
        printf("ok %u - servers.%s # SKIP %s\n", ++_number, name, reason);
    }

private:
    void result(char const* name, bool good) {
        static_cast<void>(Console_client{}.flush());
        printf("%s %u - servers.%s\n", good ? "ok" : "not ok", ++_number, name);
        _failed = _failed || !good;
    }

    Killer _killer{0x1a7a5d1};
    unsigned _number{0};
    bool _failed{false};
};

// Once without deaths, so that what is made once and kept is there; then the balance counts.
void Suite::test(char const* name, std::span<std::string_view const> servers, uint64_t pause) {
    auto const warm = _killer.run(servers, Killer::never);
    auto const before = settled_balance();
    if (!warm.ok() || !warm.value().all_finished || !before.ok()) {
        printf("# also without deaths: errors %u and %u\n", static_cast<unsigned>(warm.error()),
               static_cast<unsigned>(before.error()));
        return result(name, false);
    }
    Tally all;
    bool good = true;
    for (unsigned round = 0; good && round < most_rounds && !enough(all); ++round) {
        auto const tally = _killer.run(servers, pause);
        good = tally.ok() && tally.value().all_finished;
        if (tally.ok())
            all = {all.kills + tally.value().kills, all.interrupted + tally.value().interrupted};
    }
    bool const same = settles(before.value());
    printf("# clients: %zu, requests of each: %u of each kind; deaths: %u, requests cut off: %u\n",
           servers.size() * Killer::clients, requests, all.kills, all.interrupted);
    result(name, good && same && enough(all));
}

void Suite::init_cannot_be_ended() {
    result("init_cannot_be_ended", Init_client{}.kill(1).error() == Error::permission_denied);
}

int run_all() {
    constexpr std::string_view all[] = {"memory", "names",     "console",
                                        "log",    "resources", "xenstore"};
    bool const store = environment().capability("xenstore") != 0;
    std::span const present{all, store ? 6u : 5u};
    Suite suite;
    suite.plan(8);
    suite.test("memory_dies", std::span{all}.subspan(0, 1), usual_pause);
    suite.test("names_dies", std::span{all}.subspan(1, 1), usual_pause);
    suite.test("console_dies", std::span{all}.subspan(2, 1), usual_pause);
    suite.test("log_dies", std::span{all}.subspan(3, 1), usual_pause);
    suite.test("resources_dies", std::span{all}.subspan(4, 1), usual_pause);
    if (store)
        suite.test("xenstore_dies", std::span{all}.subspan(5, 1), store_pause);
    else
        suite.skip("xenstore_dies", "this machine has no store");
    suite.test("any_of_them_dies", present, store ? store_pause : usual_pause);
    suite.init_cannot_be_ended();
    return suite.failed() ? 1 : 0;
}

} // namespace
} // namespace server_deaths

int main(int count, char** arguments) {
    using namespace server_deaths;
    if (count == 4 && strcmp(arguments[1], "client") == 0) {
        static_cast<void>(lavandin::thread_set_priority(0, client_priority));
        return run_client(arguments[2], static_cast<unsigned>(atoi(arguments[3]))).status();
    }
    return run_all();
}
