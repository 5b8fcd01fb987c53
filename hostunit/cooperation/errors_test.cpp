// SPDX-License-Identifier: MIT
// One way to reach each error; whoever adds one has to add the way.
#include "pair.hpp"

#include <functional>
#include <map>

namespace {

coop_error spoiled(coop_message message, std::function<void(coop_message&)> const& spoil) {
    spoil(message);
    return coop_message_check(&message, COOP_FROM_GUEST);
}

// What the VMM side of a joined pair says to this message of the guest.
coop_error told(coop_message message) {
    Pair pair;
    coop_vmm_event event;
    pair.join();
    message.head.session = message.head.session == 0 ? 99 : pair.guest.engine.session;
    return coop_vmm_receive(&pair.vmm.engine, &message, pair.now, &event);
}

coop_error empty_ring() {
    Pair pair;
    coop_message copy;
    pair.join();
    return coop_consumer_take(&pair.vmm.in, &copy, nullptr);
}

coop_error full_ring() {
    Pair pair;
    coop_error error = COOP_OK;
    auto const message = samples::request();
    pair.start();
    while (error == COOP_OK)
        error = coop_producer_put(&pair.guest.out, &message);
    return error;
}

coop_error impossible_count() {
    Pair pair;
    auto const message = samples::request();
    pair.start();
    pair.vmm_page->side.consumed = 5;
    return coop_producer_put(&pair.guest.out, &message);
}

coop_error no_page() {
    Pair pair;
    auto const config = Pair::vmm_config(1);
    return coop_stock_vmm_begin(&pair.vmm, &config, pair.guest_page.get(), pair.vmm_page.get(),
                                pair.now);
}

coop_error nobody_there() {
    Pair pair;
    coop_vmm_event event;
    pair.start();
    return coop_stock_vmm_report(&pair.vmm, pair.now, &event);
}

coop_error being_written() {
    coop_report area{};
    coop_report copy;
    area.changes = 1;
    return coop_report_read(&copy, &area);
}

coop_error going_back() {
    auto const last = samples::report(2);
    auto const next = samples::report(1);
    return coop_report_follows(&last, &next);
}

coop_error not_agreed() {
    Pair pair;
    pair.join();
    pair.guest.engine.agreed.capabilities = 0;
    return pair.request();
}

coop_error twice() {
    Pair pair;
    pair.join();
    pair.request();
    return pair.request();
}

coop_error too_early() {
    Pair pair;
    pair.start_guest();
    return pair.request();
}

coop_error too_many() {
    Pair pair;
    coop_vmm_event event;
    coop_error error = COOP_OK;
    auto const message = samples::request();
    pair.start();
    for (int i = 0; i < 100; ++i)
        error = coop_vmm_receive(&pair.vmm.engine, &message, pair.now, &event);
    return error;
}

std::map<coop_error, std::function<coop_error()>> ways() {
    using namespace samples;
    return {
        {COOP_ERROR_EMPTY, empty_ring},
        {COOP_ERROR_FULL, full_ring},
        {COOP_ERROR_RING, impossible_count},
        {COOP_ERROR_MAGIC, no_page},
        {COOP_ERROR_ABSENT, nobody_there},
        {COOP_ERROR_BUSY, being_written},
        {COOP_ERROR_TYPE, [] { return spoiled(hello(), [](auto& m) { m.head.type = 0; }); }},
        {COOP_ERROR_SERVICE, [] { return spoiled(hello(), [](auto& m) { m.head.service = 9; }); }},
        {COOP_ERROR_SESSION, [] { return spoiled(hello(), [](auto& m) { m.head.session = 0; }); }},
        {COOP_ERROR_REPLAY,
         [] {
             auto again = hello();
             again.body.hello.instance = 1;
             return told(again);
         }},
        {COOP_ERROR_GAP, [] { return told(release(3)); }},
        {COOP_ERROR_REGARDING, [] { return told(done(2, 7)); }},
        {COOP_ERROR_ZERO, [] { return spoiled(hello(), [](auto& m) { m.body.hello.zero = 1; }); }},
        {COOP_ERROR_RANGE,
         [] { return spoiled(hello(), [](auto& m) { m.body.hello.processors = 65; }); }},
        {COOP_ERROR_MASK,
         [] { return spoiled(release(), [](auto& m) { m.body.release.processors = 0; }); }},
        {COOP_ERROR_TIME, [] { return spoiled(hello(), [](auto& m) { m.head.time = 0; }); }},
        {COOP_ERROR_VALUE,
         [] { return spoiled(request(), [](auto& m) { m.body.request.need = 0; }); }},
        {COOP_ERROR_CONTRADICTION,
         [] { return spoiled(refused(2, 2), [](auto& m) { m.body.reply.reason = 0; }); }},
        {COOP_ERROR_REGRESS, going_back},
        {COOP_ERROR_UNAGREED, not_agreed},
        {COOP_ERROR_OUTSTANDING, twice},
        {COOP_ERROR_STATE, too_early},
        {COOP_ERROR_FLOOD, too_many},
    };
}

TEST(Errors, each_is_reached) {
    auto const known = ways();
    for (unsigned error = COOP_OK + 1; error < COOP_ERRORS; ++error) {
        auto const way = known.find(coop_error(error));
        ASSERT_NE(way, known.end()) << coop_error_name(coop_error(error));
        EXPECT_EQ(way->second(), coop_error(error)) << coop_error_name(coop_error(error));
    }
}

} // namespace
