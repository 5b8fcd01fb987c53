// SPDX-License-Identifier: MIT
// Modules that answer nonsense: the kernel notices, says so, and goes on with the built-in one.
#include "tests/policy_files.hpp"

#include <array>
#include <string_view>

namespace {

using namespace conformance;

Capability_index own_system() { return inherited().system; }

Result<uint64_t> end_of_log() {
    uint64_t position = 0;
    for (auto part = TRY(log_read(own_system(), position)); part.size != 0;
         part = TRY(log_read(own_system(), position)))
        position = part.next;
    return position;
}

Result<bool> logged_since(uint64_t position, std::string_view text) {
    auto const part = TRY(log_read(own_system(), position));
    std::string_view const found{reinterpret_cast<char const*>(message_buffer().words), part.size};
    return found.find(text) != found.npos;
}

constexpr uint64_t patience = 10 * second;

// Three threads of the class go on before, while and after the module lies.
void lie(Policy_violation expected, uint64_t parameter) {
    stay_on_one_processor();
    Places const places;
    uint64_t const log_position = TAKE(end_of_log());
    auto const liar = TAKE(load_policy(policy_files::liar));
    auto const before = TAKE(place_information(free_class));
    EXPECT_OK(policy_install, own_system(), liar, free_class, 0);
    bool stop = false;
    std::array<uint64_t, 3> rounds{};
    auto const work = [&](unsigned i) {
        while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
            __atomic_fetch_add(&rounds[i], 1, __ATOMIC_RELAXED);
            if (i == 2)
                sleep_for(300 * microsecond); // its waking asks questions
        }
    };
    auto const all_go_on = [&] {
        for (uint64_t const& each : rounds) {
            uint64_t const seen = __atomic_load_n(&each, __ATOMIC_RELAXED);
            uint64_t const end = after(10 * second);
            while (__atomic_load_n(&each, __ATOMIC_RELAXED) == seen && lavandin::now() < end)
                sleep_for(millisecond);
            EXPECT(__atomic_load_n(&each, __ATOMIC_RELAXED) != seen);
        }
    };
    Peer first{[&] { work(0); }};
    Peer second{[&] { work(1); }};
    Peer third{[&] { work(2); }};
    TAKE(first.start(inherited().priority - 1));
    TAKE(second.start(inherited().priority - 1));
    TAKE(third.start(inherited().priority - 1));
    for (Capability_index const thread : {first.thread(), second.thread(), third.thread()})
        EXPECT_OK(thread_set_class, thread, own_system(), free_class, 0);
    all_go_on();
    EXPECT_EQUAL(TAKE(place_information(free_class)).violation, Policy_violation::none);
    EXPECT_OK(thread_set_class, first.thread(), own_system(), free_class, parameter);
    uint64_t const end = after(patience);
    while (TAKE(place_information(free_class)).violation == 0 && lavandin::now() < end)
        sleep_for(millisecond);
    auto const now = TAKE(place_information(free_class));
    EXPECT_EQUAL(now.violation, expected);
    EXPECT_EQUAL(now.built_in, 1);
    EXPECT_EQUAL(now.retirements, before.retirements + 1);
    all_go_on();
    EXPECT(TAKE(logged_since(log_position, "scheduling: module liar is retired")));
    EXPECT_ERROR(not_supported, policy_install, own_system(), liar, free_class, 0);
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    EXPECT(first.wait() && second.wait() && third.wait());
}

TEST(policy_lies, picking_nobody) { lie(Policy_violation::picked_nobody, 1); }
TEST(policy_lies, picking_a_stranger) { lie(Policy_violation::picked_stranger, 2); }
TEST(policy_lies, an_endless_slice) { lie(Policy_violation::slice_out_of_range, 3); }
TEST(policy_lies, neither_yes_nor_no) { lie(Policy_violation::answer_not_boolean, 4); }
TEST(policy_lies, a_wrong_count) { lie(Policy_violation::wrong_count, 5); }
TEST(policy_lies, leaving_a_thread_out) { lie(Policy_violation::thread_left_out, 6); }

TEST(policy_lies, a_coordinator_that_chooses_nobodys_class) {
    stay_on_one_processor();
    Places const places;
    uint64_t const log_position = TAKE(end_of_log());
    auto const liar = TAKE(load_policy(policy_files::lying_coordinator));
    EXPECT_OK(policy_install, own_system(), liar, coordinator_place, 0);
    bool stop = false;
    uint64_t rounds = 0;
    Peer peer{[&] {
        while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
            __atomic_fetch_add(&rounds, 1, __ATOMIC_RELAXED);
    }};
    TAKE(peer.start(inherited().priority - 1));
    EXPECT_OK(thread_set_class, peer.thread(), own_system(), share_class, usual_weight);
    uint64_t const end = after(10 * second);
    while (TAKE(place_information(coordinator_place)).violation == 0 && lavandin::now() < end)
        sleep_for(millisecond);
    auto const now = TAKE(place_information(coordinator_place));
    EXPECT_EQUAL(now.violation, Policy_violation::chose_no_class);
    EXPECT_EQUAL(now.built_in, 1);
    sleep_for(10 * millisecond);
    EXPECT(__atomic_load_n(&rounds, __ATOMIC_RELAXED) > 0);
    EXPECT(TAKE(logged_since(log_position, "scheduling: module liar is retired")));
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    EXPECT(peer.wait());
}

} // namespace
