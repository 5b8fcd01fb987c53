// SPDX-License-Identifier: MIT
#include "samples.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <vector>

namespace {

coop_error check(coop_message const& message) {
    bool const guest = message.head.type < COOP_WELCOME;
    return coop_message_check(&message, guest ? COOP_FROM_GUEST : COOP_FROM_VMM);
}

std::vector<coop_message> all() {
    using namespace samples;
    return {hello(),    welcome(),   request(),     answer(2, 2), transfer(COOP_OFFER, 2),
            done(2, 2), given(2, 2), refused(2, 2), release(),    transfer(COOP_RECLAIM, 2)};
}

TEST(Codec, good_messages_pass_from_their_sender_only) {
    for (auto const& message : all()) {
        bool const guest = message.head.type < COOP_WELCOME;
        EXPECT_EQ(check(message), COOP_OK) << message.head.type;
        EXPECT_EQ(coop_message_check(&message, guest ? COOP_FROM_VMM : COOP_FROM_GUEST),
                  COOP_ERROR_TYPE);
    }
}

// Each way to spoil a message, and what the check must say. The same word may be spoiled in many.
struct Spoil {
    char const* what;
    coop_message good;
    std::function<void(coop_message&)> spoil;
    coop_error expected;
};

std::vector<Spoil> spoils_of_heads() {
    using namespace samples;
    std::vector<Spoil> found;
    for (auto const& good : all()) {
        found.push_back(
            {"service", good, [](auto& m) { m.head.service = COOP_SERVICES; }, COOP_ERROR_SERVICE});
        found.push_back({"session", good, [](auto& m) { m.head.session = 0; }, COOP_ERROR_SESSION});
        found.push_back(
            {"sequence 0", good, [](auto& m) { m.head.sequence = 0; }, COOP_ERROR_RANGE});
        found.push_back({"time", good, [](auto& m) { m.head.time = 0; }, COOP_ERROR_TIME});
        found.push_back({"sequence of another's place", good,
                         [](auto& m) { m.head.sequence = m.head.sequence == 1 ? 2 : 1; },
                         COOP_ERROR_RANGE});
        if (good.head.type != COOP_OFFER)
            found.push_back({"regarding", good,
                             [](auto& m) { m.head.regarding = m.head.regarding == 0; },
                             COOP_ERROR_REGARDING});
        found.push_back({"type", good, [](auto& m) { m.head.type = 16; }, COOP_ERROR_TYPE});
        found.push_back(
            {"report", good, [](auto& m) { m.head.type = COOP_REPORT; }, COOP_ERROR_TYPE});
        found.push_back(
            {"status", good, [](auto& m) { m.head.type = COOP_STATUS; }, COOP_ERROR_TYPE});
    }
    return found;
}

#define SPOIL(good, change, expected)                                                              \
    {                                                                                              \
#change, good, [](auto& m) { m.body.change; }, expected                                    \
    }

std::vector<Spoil> spoils_of_joining() {
    using namespace samples;
    return {
        SPOIL(hello(), hello.zero = 1, COOP_ERROR_ZERO),
        SPOIL(hello(), hello.version_least = 0, COOP_ERROR_RANGE),
        SPOIL(hello(), hello.version_least = COOP_VERSION + 1, COOP_ERROR_RANGE),
        SPOIL(hello(), hello.instance = 0, COOP_ERROR_RANGE),
        SPOIL(hello(), hello.processors = 0, COOP_ERROR_RANGE),
        SPOIL(hello(), hello.processors = 65, COOP_ERROR_RANGE),
        SPOIL(hello(), hello.processors_least = 0, COOP_ERROR_RANGE),
        SPOIL(hello(), hello.processors_least = 9, COOP_ERROR_RANGE),
        SPOIL(hello(), hello.report_period = 0, COOP_ERROR_TIME),
        SPOIL(hello(), hello.reclaim_time = 0, COOP_ERROR_TIME),
        SPOIL(welcome(), welcome.zero = 1, COOP_ERROR_ZERO),
        SPOIL(welcome(), welcome.zero_too = 1, COOP_ERROR_ZERO),
        SPOIL(welcome(), welcome.reason = COOP_REASONS, COOP_ERROR_VALUE),
        SPOIL(welcome(), welcome.reason = COOP_REASON_VERSION, COOP_ERROR_CONTRADICTION),
        SPOIL(welcome(), welcome.version = 0, COOP_ERROR_CONTRADICTION),
        SPOIL(welcome(), welcome.instance = 0, COOP_ERROR_RANGE),
        SPOIL(welcome(), welcome.capabilities = 1u << 31, COOP_ERROR_VALUE),
        SPOIL(welcome(), welcome.ceiling = 0, COOP_ERROR_RANGE),
        SPOIL(welcome(), welcome.ceiling = 65, COOP_ERROR_RANGE),
        SPOIL(welcome(), welcome.report_period = 0, COOP_ERROR_TIME),
        SPOIL(welcome(), welcome.reclaim_time = 0, COOP_ERROR_TIME),
    };
}

std::vector<Spoil> spoils_of_asking() {
    using namespace samples;
    return {
        SPOIL(request(), request.zero = 1, COOP_ERROR_ZERO),
        SPOIL(request(), request.zero_too = 1, COOP_ERROR_ZERO),
        SPOIL(request(), request.wanted = 0, COOP_ERROR_RANGE),
        SPOIL(request(), request.wanted = 65, COOP_ERROR_RANGE),
        SPOIL(request(), request.least = 0, COOP_ERROR_RANGE),
        SPOIL(request(), request.least = 5, COOP_ERROR_RANGE),
        SPOIL(request(), request.demand = 64001, COOP_ERROR_RANGE),
        SPOIL(request(), request.confidence = 1001, COOP_ERROR_RANGE),
        SPOIL(request(), request.need = 0, COOP_ERROR_VALUE),
        SPOIL(request(), request.need = COOP_NEEDS, COOP_ERROR_VALUE),
        SPOIL(request(), request.load = COOP_LOADS, COOP_ERROR_VALUE),
        SPOIL(request(), request.by = samples::now, COOP_ERROR_TIME),
        SPOIL(request(), request.until = 1, COOP_ERROR_TIME),
        SPOIL(answer(2, 2), answer.zero = 1, COOP_ERROR_ZERO),
        SPOIL(answer(2, 2), answer.zero_too = 1, COOP_ERROR_ZERO),
        SPOIL(answer(2, 2), answer.zero_three = 1, COOP_ERROR_ZERO),
        SPOIL(answer(2, 2), answer.outcome = 0, COOP_ERROR_VALUE),
        SPOIL(answer(2, 2), answer.outcome = COOP_OUTCOMES, COOP_ERROR_VALUE),
        SPOIL(answer(2, 2), answer.reason = COOP_REASONS, COOP_ERROR_VALUE),
        SPOIL(answer(2, 2), answer.reason = COOP_REASON_NONE, COOP_ERROR_CONTRADICTION),
        SPOIL(answer(2, 2), answer.processors = 65, COOP_ERROR_RANGE),
    };
}

std::vector<Spoil> spoils_of_moving() {
    using namespace samples;
    auto const offer = transfer(COOP_OFFER, 2);
    auto const reclaim = transfer(COOP_RECLAIM, 2);
    return {
        SPOIL(offer, transfer.zero = 1, COOP_ERROR_ZERO),
        SPOIL(offer, transfer.zero_too = 1, COOP_ERROR_ZERO),
        SPOIL(offer, transfer.processors = 0, COOP_ERROR_MASK),
        SPOIL(offer, transfer.count = 0, COOP_ERROR_RANGE),
        SPOIL(offer, transfer.count = 3, COOP_ERROR_RANGE),
        SPOIL(offer, transfer.manner = COOP_MANNER_PARK, COOP_ERROR_CONTRADICTION),
        SPOIL(reclaim, transfer.manner = COOP_MANNER_STOP + 1, COOP_ERROR_VALUE),
        SPOIL(reclaim, transfer.reason = COOP_REASONS, COOP_ERROR_VALUE),
        SPOIL(reclaim, transfer.deadline = samples::now, COOP_ERROR_TIME),
        SPOIL(reclaim, transfer.until = samples::now + 1, COOP_ERROR_TIME),
        SPOIL(done(2, 2), reply.zero = 1, COOP_ERROR_ZERO),
        SPOIL(done(2, 2), reply.processors = 0, COOP_ERROR_MASK),
        SPOIL(done(2, 2), reply.online = 0, COOP_ERROR_MASK),
        SPOIL(done(2, 2), reply.reason = COOP_REASONS, COOP_ERROR_VALUE),
        SPOIL(done(2, 2), reply.manner = COOP_MANNER_STOP + 1, COOP_ERROR_VALUE),
        SPOIL(done(2, 2), reply.processor = 64, COOP_ERROR_RANGE),
        SPOIL(refused(2, 2), reply.processors = 1, COOP_ERROR_MASK),
        SPOIL(refused(2, 2), reply.online = 1, COOP_ERROR_MASK),
        SPOIL(refused(2, 2), reply.reason = COOP_REASON_NONE, COOP_ERROR_CONTRADICTION),
        SPOIL(refused(2, 2), reply.manner = COOP_MANNER_PARK, COOP_ERROR_CONTRADICTION),
        SPOIL(release(), release.zero = 1, COOP_ERROR_ZERO),
        SPOIL(release(), release.zero_too = 1, COOP_ERROR_ZERO),
        SPOIL(release(), release.processors = 0, COOP_ERROR_MASK),
        SPOIL(release(), release.online = 0, COOP_ERROR_MASK),
        SPOIL(release(), release.online = 0b1000, COOP_ERROR_MASK),
        SPOIL(release(), release.manner = COOP_MANNER_ANY, COOP_ERROR_VALUE),
        SPOIL(release(), release.manner = COOP_MANNER_STOP + 1, COOP_ERROR_VALUE),
        SPOIL(release(), release.reason = COOP_REASONS, COOP_ERROR_VALUE),
        SPOIL(release(), release.until = samples::now, COOP_ERROR_TIME),
    };
}

void expect_found(std::vector<Spoil> const& spoils) {
    for (auto const& each : spoils) {
        auto message = each.good;
        ASSERT_EQ(check(message), COOP_OK) << each.what;
        each.spoil(message);
        EXPECT_EQ(check(message), each.expected)
            << coop_type(each.good.head.type) << ": " << each.what;
    }
}

TEST(Codec, spoiled_heads_are_found) { expect_found(spoils_of_heads()); }
TEST(Codec, spoiled_hello_and_welcome_are_found) { expect_found(spoils_of_joining()); }
TEST(Codec, spoiled_request_and_answer_are_found) { expect_found(spoils_of_asking()); }
TEST(Codec, spoiled_transfers_and_replies_are_found) { expect_found(spoils_of_moving()); }

TEST(Codec, a_welcome_without_session_says_why_and_promises_nothing) {
    auto message = samples::make(COOP_WELCOME, 1, 1);
    message.body.welcome.instance = 1;
    message.body.welcome.reason = COOP_REASON_VERSION;
    EXPECT_EQ(check(message), COOP_OK);
    message.body.welcome.ceiling = 1;
    EXPECT_EQ(check(message), COOP_ERROR_CONTRADICTION);
}

TEST(Codec, an_answer_that_grants_needs_no_reason) {
    auto message = samples::answer(2, 2);
    message.body.answer.outcome = COOP_GRANTED;
    message.body.answer.reason = COOP_REASON_NONE;
    EXPECT_EQ(check(message), COOP_OK);
}

TEST(Codec, hello_of_a_newer_guest_with_unknown_capabilities_passes) {
    auto message = samples::hello();
    message.body.hello.version_most = COOP_VERSION + 5;
    message.body.hello.capabilities = UINT32_MAX;
    EXPECT_EQ(check(message), COOP_OK);
}

TEST(Codec, a_made_message_is_zero_but_for_its_head) {
    coop_message message;
    memset(&message, 0xa5, sizeof(message));
    coop_message_make(&message, COOP_DONE, 4, 5, 6);
    EXPECT_EQ(message.head.type, COOP_DONE);
    EXPECT_EQ(message.head.session, 4u);
    EXPECT_EQ(message.head.regarding, 5u);
    EXPECT_EQ(message.head.time, 6u);
    for (uint64_t const word : message.body.words)
        EXPECT_EQ(word, 0u);
}

TEST(Codec, masks) {
    EXPECT_EQ(coop_mask_count(0), 0u);
    EXPECT_EQ(coop_mask_count(UINT64_MAX), 64u);
    EXPECT_EQ(coop_mask_count(0x8000'0000'0000'0001u), 2u);
    EXPECT_EQ(coop_mask_below(0), 0u);
    EXPECT_EQ(coop_mask_below(3), 7u);
    EXPECT_EQ(coop_mask_below(64), UINT64_MAX);
    EXPECT_EQ(coop_mask_below(65), UINT64_MAX);
}

// Bytes of all kinds, and good messages with a few bits turned: the check ends, and what it lets
// through keeps the promises that its users build on.
TEST(Codec, whatever_passes_is_within_bounds) {
    std::mt19937_64 random{20261127};
    auto const good = all();
    unsigned passed = 0;
    for (int round = 0; round < 200'000; ++round) {
        auto message = good[random() % good.size()];
        auto* const words = reinterpret_cast<unsigned char*>(&message);
        for (uint64_t flips = random() % 3; flips != 0; --flips)
            words[random() % sizeof(message)] ^= static_cast<unsigned char>(1u << random() % 8);
        if (check(message) != COOP_OK)
            continue;
        ++passed;
        auto const& body = message.body;
        switch (message.head.type) {
        case COOP_OFFER:
        case COOP_RECLAIM:
            ASSERT_LE(body.transfer.count, coop_mask_count(body.transfer.processors));
            ASSERT_GT(body.transfer.deadline, message.head.time);
            break;
        case COOP_REQUEST:
            ASSERT_LE(body.request.wanted, COOP_PROCESSORS);
            ASSERT_LE(body.request.least, body.request.wanted);
            break;
        default:
            break;
        }
    }
    EXPECT_GT(passed, 1000u);
}

} // namespace
