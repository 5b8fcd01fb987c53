// SPDX-License-Identifier: MIT
// Calls that are refused.
#include "tests/common.hpp"

namespace {

using namespace conformance;

constexpr Message_tag nothing{};

uint64_t both(Capability_index endpoint, Capability_index reply) {
    return uint64_t{reply} << 32 | endpoint;
}

TEST(endpoint, call_wants_the_permission) {
    auto const endpoint = MUST(endpoint_create);
    auto const weak = TAKE(copy(endpoint, endpoint_permission::receive));
    EXPECT_ERROR(permission_denied, endpoint_call, weak, nothing, 0, 0, 0, 0);
    EXPECT_ERROR(invalid_capability, endpoint_call, empty_slot, nothing, 0, 0, 0, 0);
    EXPECT_ERROR(invalid_capability, endpoint_call, 0, nothing, 0, 0, 0, 0);
    EXPECT_ERROR(wrong_type, endpoint_call, self_process, nothing, 0, 0, 0, 0);
}

TEST(endpoint, receive_wants_the_permission) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    auto const weak = TAKE(copy(endpoint, endpoint_permission::call));
    EXPECT_ERROR(permission_denied, endpoint_receive, weak, reply, at_once);
    EXPECT_ERROR(invalid_capability, endpoint_receive, empty_slot, reply, at_once);
    EXPECT_ERROR(invalid_capability, endpoint_receive, endpoint, empty_slot, at_once);
    EXPECT_ERROR(wrong_type, endpoint_receive, reply, reply, at_once);
    EXPECT_ERROR(wrong_type, endpoint_receive, endpoint, endpoint, at_once);
    EXPECT_ERROR(permission_denied, endpoint_reply_receive, both(weak, reply), nothing, 0, 0, 0, 0);
    EXPECT_ERROR(invalid_capability, endpoint_reply_receive, both(empty_slot, reply), nothing, 0, 0,
                 0, 0);
    EXPECT_ERROR(invalid_capability, endpoint_reply_receive, both(endpoint, empty_slot), nothing, 0,
                 0, 0, 0);
    EXPECT_ERROR(wrong_type, endpoint_reply_receive, both(reply, reply), nothing, 0, 0, 0, 0);
    EXPECT_ERROR(wrong_type, endpoint_reply_receive, both(endpoint, endpoint), nothing, 0, 0, 0, 0);
}

TEST(endpoint, reply_wants_somebody_who_waits) {
    auto const reply = MUST(reply_create);
    EXPECT_ERROR(no_caller, endpoint_reply, reply, nothing, 0, 0, 0, 0);
    EXPECT_ERROR(invalid_capability, endpoint_reply, empty_slot, nothing, 0, 0, 0, 0);
    EXPECT_ERROR(wrong_type, endpoint_reply, self_process, nothing, 0, 0, 0, 0);
}

TEST(endpoint, bind_wants_the_permissions) {
    auto const endpoint = MUST(endpoint_create);
    auto const bell = MUST(notification_create);
    auto const weak = TAKE(copy(endpoint, endpoint_permission::call));
    auto const mute = TAKE(copy(bell, notification_permission::signal));
    EXPECT_ERROR(permission_denied, endpoint_bind, weak, bell);
    EXPECT_ERROR(permission_denied, endpoint_bind, endpoint, mute);
    EXPECT_ERROR(permission_denied, endpoint_bind, weak, 0);
    EXPECT_ERROR(invalid_capability, endpoint_bind, empty_slot, bell);
    EXPECT_ERROR(invalid_capability, endpoint_bind, endpoint, empty_slot);
    EXPECT_ERROR(wrong_type, endpoint_bind, bell, bell);
    EXPECT_ERROR(wrong_type, endpoint_bind, endpoint, endpoint);
}

constexpr uint64_t bad_tags[]{
    Message_tag{0, maximum_buffer_words + 1}.raw(),
    Message_tag{0, 0xffff}.raw(),
    Message_tag{0, 0, maximum_transfers + 1}.raw(),
    Message_tag{0, 0, 15}.raw(),
    Message_tag::notification().raw(),
    uint64_t{1} << 20,
    ~uint64_t{0},
};

TEST(endpoint, call_with_a_tag_that_cannot_be_sent) {
    auto const endpoint = MUST(endpoint_create);
    for (auto const raw : bad_tags)
        EXPECT_ERROR(invalid_argument, endpoint_call, endpoint, Message_tag{raw}, 0, 0, 0, 0);
}

TEST(endpoint, reply_with_a_tag_that_cannot_be_sent) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    Peer caller{[&] { EXPECT_EQUAL(MUST(endpoint_call, endpoint, nothing, 0, 0, 0, 0).w0, 5); }};
    TAKE(caller.start());
    EXPECT_OK(endpoint_receive, endpoint, reply, soon());
    for (auto const raw : bad_tags) {
        EXPECT_ERROR(invalid_argument, endpoint_reply, reply, Message_tag{raw}, 0, 0, 0, 0);
        EXPECT_ERROR(invalid_argument, endpoint_reply_receive, both(endpoint, reply),
                     Message_tag{raw}, 0, 0, 0, 0);
    }
    EXPECT(!caller.done());
    TAKE(answer_with(reply, 5));
    EXPECT(caller.wait());
}

TEST(endpoint, reply_object_serves_one_receiver_at_a_time) {
    auto const endpoint = MUST(endpoint_create);
    auto const other = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    Peer server{[&] {
        EXPECT_OK(endpoint_receive, endpoint, reply, soon());
        TAKE(answer_with(reply, 0));
    }};
    TAKE(server.start());
    EXPECT(others_wait());
    EXPECT_ERROR(busy, endpoint_receive, endpoint, reply, at_once);
    EXPECT_ERROR(busy, endpoint_receive, other, reply, at_once);
    EXPECT_ERROR(busy, endpoint_reply_receive, both(other, reply), nothing, 0, 0, 0, 0);
    TAKE(call_with(endpoint, 0));
    EXPECT(server.wait());
    EXPECT_ERROR(timed_out, endpoint_receive, endpoint, reply, at_once);
}

TEST(endpoint, creation_is_paid_for) {
    auto child = TAKE(Child::create());
    TAKE(child.start([](Words const&) {
        auto endpoint = endpoint_create();
        while (endpoint.ok())
            endpoint = endpoint_create();
        EXPECT_ANSWER(quota_exceeded, endpoint_create, endpoint.error());
        auto reply = reply_create();
        while (reply.ok())
            reply = reply_create();
        EXPECT_ANSWER(quota_exceeded, reply_create, reply.error());
        auto notification = notification_create();
        while (notification.ok())
            notification = notification_create();
        EXPECT_ANSWER(quota_exceeded, notification_create, notification.error());
    }));
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
}

} // namespace
