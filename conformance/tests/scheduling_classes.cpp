// SPDX-License-Identifier: MIT
// Classes of threads: who may join which, what is inherited and lent, who gets how much.
#include "tests/policy_files.hpp"

#include <array>

namespace {

using namespace conformance;

Capability_index own_system() { return inherited().system; }

// Threads that count while they have the processor.
class Counters_of {
public:
    bool goes_on() const { return !__atomic_load_n(&_stop, __ATOMIC_RELAXED); }
    void count(unsigned who) {
        while (goes_on())
            __atomic_fetch_add(&_counts[who], 1, __ATOMIC_RELAXED);
    }
    uint64_t of(unsigned who) const { return __atomic_load_n(&_counts[who], __ATOMIC_RELAXED); }
    void stop() { __atomic_store_n(&_stop, true, __ATOMIC_RELAXED); }

private:
    std::array<uint64_t, 4> _counts{};
    bool _stop{false};
};

TEST(classes, threads_begin_with_fixed_priorities) {
    auto const own = MUST(thread_class, 0);
    EXPECT_EQUAL(own.scheduling_class, fixed_priority_class);
    EXPECT_EQUAL(own.parameter, inherited().priority);
}

TEST(classes, set_and_inherited) {
    EXPECT_OK(thread_set_class, 0, own_system(), share_class, 250);
    Peer peer{[] {}};
    TAKE(peer.start(inherited().priority));
    auto const its = MUST(thread_class, peer.thread());
    EXPECT_EQUAL(its.scheduling_class, share_class);
    EXPECT_EQUAL(its.parameter, 250);
    EXPECT(peer.wait());
    auto child = TAKE(Child::create());
    TAKE(child.start([](Words const&) {
        auto const own = MUST(thread_class, 0);
        EXPECT_EQUAL(own.scheduling_class, share_class);
        EXPECT_EQUAL(own.parameter, 250);
    }));
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
    EXPECT_OK(thread_set_class, 0, own_system(), fixed_priority_class, inherited().priority);
    EXPECT_EQUAL(MUST(thread_class, 0).parameter, inherited().priority);
}

TEST(classes, set_class_refuses) {
    Peer peer{[] { static_cast<void>(thread_sleep(forever)); }};
    TAKE(peer.start());
    auto const weak = TAKE(copy(own_system(), system_permission::policies));
    auto const mute = TAKE(copy(peer.thread(), thread_permission::destroy));
    EXPECT_ERROR(invalid_capability, thread_set_class, empty_slot, own_system(), share_class, 1);
    EXPECT_ERROR(invalid_capability, thread_set_class, 0, empty_slot, share_class, 1);
    EXPECT_ERROR(wrong_type, thread_set_class, self_process, own_system(), share_class, 1);
    EXPECT_ERROR(wrong_type, thread_set_class, 0, self_process, share_class, 1);
    EXPECT_ERROR(permission_denied, thread_set_class, mute, own_system(), share_class, 1);
    EXPECT_ERROR(permission_denied, thread_set_class, 0, weak, share_class, 1);
    EXPECT_ERROR(permission_denied, thread_set_class, 0, 0, share_class, 1);
    EXPECT_ERROR(invalid_argument, thread_set_class, 0, own_system(), scheduling_classes, 1);
    EXPECT_ERROR(invalid_argument, thread_set_class, 0, own_system(), ~uint64_t{0}, 1);
    EXPECT_ERROR(invalid_argument, thread_set_class, 0, own_system(), fixed_priority_class, 32);
    EXPECT_ERROR(invalid_argument, thread_set_class, 0, own_system(), share_class, 0);
    EXPECT_ERROR(invalid_argument, thread_set_class, 0, own_system(), share_class,
                 greatest_weight + 1);
    EXPECT_ERROR(invalid_capability, thread_class, empty_slot);
    EXPECT_ERROR(wrong_type, thread_class, self_process);
    EXPECT_ERROR(permission_denied, thread_class, mute);
    EXPECT_OK(thread_destroy, peer.thread());
    EXPECT_ERROR(peer_died, thread_set_class, peer.thread(), own_system(), share_class, 1);
}

TEST(classes, without_system_only_what_one_has) {
    uint64_t const priority = inherited().priority;
    Peer peer{[] { static_cast<void>(thread_sleep(forever)); }};
    TAKE(peer.start(priority - 1));
    EXPECT_OK(thread_set_class, peer.thread(), 0, fixed_priority_class, priority);
    EXPECT_ERROR(permission_denied, thread_set_class, peer.thread(), 0, fixed_priority_class,
                 priority + 1);
    EXPECT_OK(thread_set_class, 0, own_system(), share_class, 100);
    EXPECT_ERROR(permission_denied, thread_set_class, 0, 0, share_class, 101);
    EXPECT_ERROR(permission_denied, thread_set_class, 0, 0, fixed_priority_class, 1);
    EXPECT_OK(thread_set_class, peer.thread(), 0, share_class, 100);
    EXPECT_OK(thread_set_class, 0, 0, share_class, 99);
    EXPECT_ERROR(permission_denied, thread_set_class, 0, 0, share_class, 100);
    // A priority it may still give: that bounds what others get who leave the class.
    EXPECT_OK(thread_set_priority, peer.thread(), priority - 2);
    EXPECT_ERROR(invalid_argument, thread_set_priority, peer.thread(), priority + 1);
    EXPECT_OK(thread_set_class, 0, own_system(), fixed_priority_class, priority);
}

TEST(classes, shares_follow_weights) {
    stay_on_one_processor();
    Counters_of counters;
    Peer light{[&] { counters.count(0); }};
    Peer heavy{[&] { counters.count(1); }};
    TAKE(light.start(inherited().priority - 1));
    TAKE(heavy.start(inherited().priority - 1));
    EXPECT_OK(thread_set_class, light.thread(), own_system(), share_class, 100);
    EXPECT_OK(thread_set_class, heavy.thread(), own_system(), share_class, 400);
    // What is counted is not time: a machine that stands still at times counts for nobody. Until
    // the light one had thirty slices or so.
    auto const begin = TAKE(place_information(share_class)).picks;
    while (TAKE(place_information(share_class)).picks - begin < 300)
        sleep_for(20 * millisecond);
    uint64_t const little = counters.of(0);
    uint64_t const much = counters.of(1);
    counters.stop();
    EXPECT(light.wait() && heavy.wait());
    note("weights 100 and 400 counted to %llu and %llu", static_cast<unsigned long long>(little),
         static_cast<unsigned long long>(much));
    EXPECT(much > 2 * little);
    EXPECT(much < 8 * little);
}

TEST(classes, a_class_behind_others_has_its_share) {
    stay_on_one_processor();
    Counters_of counters;
    Peer first{[&] { counters.count(0); }};
    Peer behind{[&] { counters.count(1); }};
    TAKE(first.start(inherited().priority - 1));
    TAKE(behind.start(inherited().priority - 1));
    EXPECT_OK(thread_set_class, behind.thread(), own_system(), free_class, usual_weight);
    auto const begin = TAKE(place_information(free_class)).picks;
    while (TAKE(place_information(free_class)).picks - begin < 20)
        sleep_for(20 * millisecond);
    uint64_t const most = counters.of(0);
    uint64_t const rest = counters.of(1);
    counters.stop();
    EXPECT(first.wait() && behind.wait());
    EXPECT(rest > 0);
    EXPECT(most > 4 * rest);
}

TEST(classes, by_share_when_the_coordinator_says_so) {
    stay_on_one_processor();
    Places const places;
    auto const coordinator = TAKE(load_policy(policy_files::by_share));
    EXPECT_OK(policy_install, own_system(), 0, fixed_priority_class, 250);
    EXPECT_OK(policy_install, own_system(), 0, share_class, 650);
    EXPECT_EQUAL(TAKE(place_information(share_class)).share, 650);
    EXPECT_OK(policy_install, own_system(), coordinator, coordinator_place, 0);
    Counters_of counters;
    Peer low{[&] { counters.count(0); }};
    Peer high{[&] { counters.count(1); }};
    TAKE(low.start(inherited().priority - 1));
    TAKE(high.start(inherited().priority - 1));
    EXPECT_OK(thread_set_class, high.thread(), own_system(), share_class, usual_weight);
    auto const begin = TAKE(place_information(share_class)).picks;
    while (TAKE(place_information(share_class)).picks - begin < 100)
        sleep_for(20 * millisecond);
    uint64_t const little = counters.of(0);
    uint64_t const much = counters.of(1);
    counters.stop();
    EXPECT(low.wait() && high.wait());
    EXPECT(much > little);
    EXPECT(little > 0);
}

TEST(classes, nearer_deadlines_go_first) {
    stay_on_one_processor();
    Places const places;
    auto const policy = TAKE(load_policy(policy_files::deadlines));
    EXPECT_OK(policy_install, own_system(), policy, free_class, 0);
    std::array<char, 2> order{};
    uint64_t place = 0;
    auto const sign = [&](char name) {
        order[__atomic_fetch_add(&place, 1, __ATOMIC_RELAXED)] = name;
    };
    Peer late{[&] { sign('l'); }};
    Peer soon{[&] { sign('s'); }};
    TAKE(late.start(inherited().priority - 1)); // none runs before this thread waits
    TAKE(soon.start(inherited().priority - 1));
    EXPECT_OK(thread_set_class, late.thread(), own_system(), free_class, 10 * second);
    EXPECT_OK(thread_set_class, soon.thread(), own_system(), free_class, millisecond);
    EXPECT(late.wait() && soon.wait());
    EXPECT_EQUAL(order[0], 's');
}

// A server of another class that serves this thread runs at this thread's priority: one that is
// higher than the server's rivals.
TEST(classes, a_call_takes_its_server_along) {
    stay_on_one_processor();
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    Counters_of counters;
    uint64_t rival_before = 0;
    uint64_t rival_after = 0;
    Peer server{[&] {
        if (!endpoint_receive(endpoint, reply, forever).ok())
            return;
        rival_before = counters.of(0);
        for (uint64_t const end = after(50 * millisecond); lavandin::now() < end;)
            asm volatile("");
        rival_after = counters.of(0);
        static_cast<void>(answer_with(reply, 7));
    }};
    Peer rival{[&] { counters.count(0); }};
    TAKE(server.start());
    EXPECT(others_wait());
    EXPECT_OK(thread_set_class, server.thread(), own_system(), share_class, 1);
    TAKE(rival.start(inherited().priority - 1));
    EXPECT_EQUAL(MUST(endpoint_call, endpoint, Message_tag{}, 0, 0, 0, 0).w0, 7);
    EXPECT_EQUAL(rival_after, rival_before);
    EXPECT_EQUAL(MUST(thread_class, server.thread()).scheduling_class, share_class);
    counters.stop();
    EXPECT(rival.wait() && server.wait());
}

TEST(classes, calls_within_a_class_of_shares) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    uint64_t served = 0;
    Peer server{[&] {
        uint64_t const both = uint64_t{reply} << 32 | endpoint;
        if (!endpoint_receive(endpoint, reply, forever).ok())
            return;
        do
            ++served;
        while (endpoint_reply_receive(both, Message_tag{}, served, 0, 0, 0).ok());
    }};
    uint64_t answered = 0;
    Peer client{[&] {
        for (int i = 0; i < 1000; ++i)
            answered += call_with(endpoint, 1).ok();
    }};
    TAKE(server.start(inherited().priority - 1));
    TAKE(client.start(inherited().priority - 1));
    EXPECT_OK(thread_set_class, server.thread(), own_system(), share_class, 50);
    EXPECT_OK(thread_set_class, client.thread(), own_system(), share_class, 200);
    EXPECT(client.wait());
    EXPECT_EQUAL(answered, 1000);
    EXPECT_EQUAL(served, 1000);
}

} // namespace
