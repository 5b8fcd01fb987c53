// SPDX-License-Identifier: MIT
// Taking capabilities back, also while they are in use.
#include "tests/common.hpp"

namespace {

using namespace conformance;

bool held(Capability_index slot) { return capability_information(slot).ok(); }

TEST(revoke, takes_copies_of_copies) {
    auto const origin = MUST(notification_create);
    auto const copied = TAKE(copy(origin, all_permissions));
    auto const badged = TAKE(copy(copied, notification_permission::signal, 7));
    auto const deep = TAKE(copy(badged, all_permissions));
    EXPECT_OK(capability_revoke, badged);
    EXPECT(held(badged));
    EXPECT(!held(deep));
    EXPECT_OK(capability_revoke, origin);
    EXPECT(held(origin));
    EXPECT(!held(copied));
    EXPECT(!held(badged));
    EXPECT_OK(capability_revoke, origin); // of nothing
}

TEST(revoke, wants_a_capability) {
    EXPECT_ERROR(invalid_capability, capability_revoke, 0);
    EXPECT_ERROR(invalid_capability, capability_revoke, empty_slot);
    EXPECT_ERROR(invalid_capability, capability_revoke, beyond_table);
    auto const self = TAKE(copy(self_process, all_permissions));
    EXPECT_OK(capability_revoke, self_process);
    EXPECT(!held(self));
    EXPECT(held(self_process));
}

TEST(revoke, of_a_copy_leaves_the_other_copies) {
    auto const origin = MUST(notification_create);
    auto const one = TAKE(copy(origin, all_permissions));
    auto const other = TAKE(copy(origin, all_permissions));
    auto const below = TAKE(copy(one, all_permissions));
    EXPECT_OK(capability_revoke, one);
    EXPECT(!held(below));
    EXPECT(held(other));
    EXPECT(held(origin));
}

// Says its slots' states when asked: word 0 is the slot to look at.
void tell_what_is_held(Words const& words) {
    auto const endpoint = static_cast<Capability_index>(words[0]);
    auto const reply = MUST(reply_create);
    message_buffer().accepted_transfers = 1;
    auto asked = MUST(endpoint_receive, endpoint, reply, soon());
    for (int round = 0; round < 2; ++round) {
        auto const slot = static_cast<Capability_index>(
            asked.tag.transfers() ? message_buffer().received[0].index : asked.w0);
        uint64_t const both = uint64_t{reply} << 32 | endpoint;
        auto const next = endpoint_reply_receive(both, Message_tag{}, slot, held(slot), 0, 0);
        if (!next.ok())
            return;
        asked = {next.value().badge, next.value().tag, next.value().w0,
                 next.value().w1,    next.value().w2,  next.value().w3};
    }
}

TEST(revoke, reaches_what_went_in_a_message) {
    auto const endpoint = MUST(endpoint_create);
    auto const sent = MUST(notification_create);
    auto child = TAKE(Child::create());
    auto const slot = TAKE(child.give(endpoint, endpoint_permission::receive));
    TAKE(child.start(tell_what_is_held, {slot}));
    message_buffer().sent[0] = {sent, all_permissions, 0};
    auto const first = MUST(endpoint_call, endpoint, Message_tag{0, 0, 1}, 0, 0, 0, 0);
    EXPECT_EQUAL(first.w1, 1);
    EXPECT_OK(capability_revoke, sent);
    auto const second = MUST(endpoint_call, endpoint, Message_tag{}, first.w0, 0, 0, 0);
    EXPECT_EQUAL(second.w0, first.w0);
    EXPECT_EQUAL(second.w1, 0);
}

void pass_on_and_end(Words const& words) {
    EXPECT_OK(capability_copy, static_cast<Capability_index>(words[0]),
              static_cast<Capability_index>(words[1]), all_permissions, 0);
}

TEST(revoke, goes_past_who_passed_it_on_and_died) {
    auto const origin = MUST(notification_create);
    {
        auto child = TAKE(Child::create());
        auto const way = TAKE(child.give(self_process));
        auto const theirs = TAKE(child.give(origin, notification_permission::signal));
        TAKE(child.start(pass_on_and_end, {way, theirs}));
        EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
    }
    Capability_index found = 0; // what the child gave us: only a signal permission
    for (Capability_index slot = 2; slot < 60; ++slot) {
        auto const information = capability_information(slot);
        if (information.ok() && slot != origin &&
            information.value().type == number(Object_type::notification) &&
            information.value().permissions == notification_permission::signal)
            found = slot;
    }
    EXPECT(found != 0);
    EXPECT_OK(notification_signal, found);
    EXPECT_EQUAL(MUST(notification_wait, origin, at_once), 1);
    EXPECT_OK(capability_revoke, origin);
    EXPECT_ERROR(invalid_capability, notification_signal, found);
}

TEST(revoke, ends_waits) {
    auto const endpoint = MUST(endpoint_create);
    auto const notification = MUST(notification_create);
    auto const caller = TAKE(copy(endpoint, endpoint_permission::call));
    auto const waiter = TAKE(copy(notification, notification_permission::wait));
    Error called{}, waited{};
    Peer first{[&] { called = call_with(caller, 0).error(); }};
    Peer second{[&] { waited = notification_wait(waiter, forever).error(); }};
    TAKE(first.start());
    TAKE(second.start());
    EXPECT(others_wait());
    EXPECT_OK(capability_revoke, endpoint);
    EXPECT_OK(capability_revoke, notification);
    EXPECT(first.wait());
    EXPECT(second.wait());
    EXPECT_ANSWER(invalid_capability, endpoint_call, called);
    EXPECT_ANSWER(invalid_capability, notification_wait, waited);
}

TEST(revoke, ends_receiving) {
    auto const endpoint = MUST(endpoint_create);
    auto const receiver = TAKE(copy(endpoint, endpoint_permission::receive));
    Error received{}, answered{};
    Peer first{
        [&] { received = endpoint_receive(receiver, reply_create().value(), forever).error(); }};
    Peer second{[&] {
        uint64_t const both = uint64_t{reply_create().value()} << 32 | receiver;
        answered = endpoint_reply_receive(both, Message_tag{}, 0, 0, 0, 0).error();
    }};
    TAKE(first.start());
    TAKE(second.start());
    EXPECT(others_wait());
    EXPECT_OK(capability_revoke, endpoint);
    EXPECT(first.wait());
    EXPECT(second.wait());
    EXPECT_ANSWER(invalid_capability, endpoint_receive, received);
    EXPECT_ANSWER(invalid_capability, endpoint_reply_receive, answered);
}

TEST(revoke, lets_a_call_that_was_received_be_answered) {
    auto const endpoint = MUST(endpoint_create);
    auto const caller = TAKE(copy(endpoint, endpoint_permission::call));
    auto const reply = MUST(reply_create);
    uint64_t answer = 0;
    Peer peer{[&] { answer = call_with(caller, 0).value().w0; }};
    TAKE(peer.start());
    EXPECT_OK(endpoint_receive, endpoint, reply, soon());
    EXPECT_OK(capability_revoke, endpoint);
    TAKE(answer_with(reply, 5));
    EXPECT(peer.wait());
    EXPECT_EQUAL(answer, 5);
}

TEST(revoke, undoes_bindings) {
    auto const endpoint = MUST(endpoint_create);
    auto const notification = MUST(notification_create);
    auto const bound = TAKE(copy(notification, notification_permission::wait));
    EXPECT_OK(endpoint_bind, endpoint, bound);
    EXPECT_ERROR(busy, notification_wait, notification, at_once);
    EXPECT_OK(capability_revoke, notification);
    EXPECT_ERROR(timed_out, notification_wait, notification, at_once);
    auto const through = TAKE(copy(endpoint, endpoint_permission::receive));
    EXPECT_OK(endpoint_bind, through, notification);
    EXPECT_OK(capability_revoke, endpoint);
    EXPECT_ERROR(timed_out, notification_wait, notification, at_once);
}

TEST(revoke, silences_the_end_of_a_process) {
    auto const notification = MUST(notification_create);
    auto const told = TAKE(copy(notification, notification_permission::signal));
    auto const process = MUST(process_create, 64 * 1024, 0, 'x', 0, told, 0);
    EXPECT_OK(capability_revoke, notification);
    EXPECT_OK(process_destroy, process, 0);
    EXPECT_ERROR(timed_out, notification_wait, notification, at_once);
}

TEST(revoke, of_the_last_reference_ends_the_object) {
    auto const notification = MUST(notification_create);
    auto child = TAKE(Child::create());
    TAKE(child.give(notification));
    auto const before = TAKE(system_counters()).objects[number(Object_type::process)];
    auto const inner = MUST(process_create, 32 * 1024, 0, 'x', 0, 0, 0);
    auto const way = child.process().index();
    // The child's copy hangs below ours, which is deleted: it is the last one then.
    auto const ours = TAKE(copy(inner, all_permissions));
    EXPECT_OK(capability_copy, way, ours, all_permissions, 0);
    EXPECT_OK(capability_delete, ours);
    EXPECT_EQUAL(TAKE(system_counters()).objects[number(Object_type::process)], before + 1);
    EXPECT_OK(capability_revoke, inner);
    EXPECT_OK(capability_delete, inner);
    EXPECT_EQUAL(TAKE(system_counters()).objects[number(Object_type::process)], before);
}

} // namespace
