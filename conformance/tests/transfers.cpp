// SPDX-License-Identifier: MIT
// Capabilities in messages.
#include "tests/common.hpp"

#include <array>

namespace {

using namespace conformance;

// A server that accepts `accepted` capabilities, looks at what came with `look` and answers.
template <typename Look>
auto server(Capability_index endpoint, uint64_t accepted, Look look) {
    return Peer{[=] {
        auto const reply = MUST(reply_create);
        message_buffer().accepted_transfers = accepted;
        look(MUST(endpoint_receive, endpoint, reply, soon()));
        TAKE(answer_with(reply, 0));
    }};
}

constexpr Message_tag carries(uint64_t count) { return Message_tag{0, 0, count}; }

void send(Capability_index index, Permissions permissions = all_permissions, uint64_t badge = 0,
          unsigned place = 0) {
    message_buffer().sent[place] = {index, permissions, badge};
}

TEST(transfer, call_brings_capabilities) {
    auto const endpoint = MUST(endpoint_create);
    std::array<uint32_t, maximum_transfers> arrived{};
    auto peer = server(endpoint, maximum_transfers, [&](Endpoint_receive_out const& got) {
        EXPECT_EQUAL(got.tag.transfers(), maximum_transfers);
        for (unsigned i = 0; i < maximum_transfers; ++i)
            arrived[i] = message_buffer().received[i].index;
    });
    TAKE(peer.start());
    auto const memory = MUST(memory_create, page_size);
    auto const bell = MUST(notification_create);
    send(memory, read_only, 0, 0);
    send(bell, notification_permission::signal, 0xb, 1);
    send(endpoint, endpoint_permission::call, 0xe, 2);
    send(self_process, process_permission::read, 0, 3);
    EXPECT_OK(endpoint_call, endpoint, carries(4), 0, 0, 0, 0);
    EXPECT(peer.wait());
    auto const first = MUST(capability_information, arrived[0]);
    EXPECT(first.type == number(Object_type::memory) && first.permissions == read_only);
    auto const second = MUST(capability_information, arrived[1]);
    EXPECT(second.badge == 0xb && second.permissions == notification_permission::signal);
    EXPECT_EQUAL(MUST(capability_information, arrived[2]).badge, 0xe);
    EXPECT_EQUAL(MUST(capability_information, arrived[3]).type, Object_type::process);
    EXPECT_OK(capability_information, memory); // the sender keeps its own
}

TEST(transfer, answer_brings_capabilities) {
    auto const endpoint = MUST(endpoint_create);
    Peer peer{[&] {
        auto const reply = MUST(reply_create);
        EXPECT_OK(endpoint_receive, endpoint, reply, soon());
        for (unsigned i = 0; i < maximum_transfers; ++i)
            send(MUST(notification_create), all_permissions, i + 1, i);
        EXPECT_OK(endpoint_reply, reply, carries(maximum_transfers), 0, 0, 0, 0);
    }};
    TAKE(peer.start());
    message_buffer().accepted_transfers = maximum_transfers;
    auto const answer = MUST(endpoint_call, endpoint, Message_tag{}, 0, 0, 0, 0);
    EXPECT_EQUAL(answer.tag.transfers(), maximum_transfers);
    for (unsigned i = 0; i < maximum_transfers; ++i)
        EXPECT_EQUAL(MUST(capability_information, message_buffer().received[i].index).badge, i + 1);
    EXPECT(peer.wait());
}

TEST(transfer, works_between_processes) {
    auto const endpoint = MUST(endpoint_create);
    auto child = TAKE(Child::create());
    auto const slot = TAKE(child.give(endpoint, endpoint_permission::call));
    TAKE(child.start(
        [](Words const& words) {
            auto const own = MUST(memory_create, page_size);
            send(own, read_write);
            message_buffer().accepted_transfers = 1;
            EXPECT_OK(endpoint_call, static_cast<Capability_index>(words[0]), carries(1), 0, 0, 0,
                      0);
            EXPECT_OK(notification_signal, message_buffer().received[0].index);
        },
        {slot}));
    auto const reply = MUST(reply_create);
    auto const bell = MUST(notification_create);
    message_buffer().accepted_transfers = 1;
    EXPECT_OK(endpoint_receive, endpoint, reply, soon());
    auto const memory = message_buffer().received[0].index;
    EXPECT_EQUAL(MUST(memory_size, memory), page_size);
    send(bell, notification_permission::signal, 0x8);
    EXPECT_OK(endpoint_reply, reply, carries(1), 0, 0, 0, 0);
    EXPECT_EQUAL(MUST(notification_wait, bell, soon()), 0x8);
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
    EXPECT_EQUAL(MUST(memory_size, memory), page_size); // it outlives its maker
}

TEST(transfer, receiver_takes_no_more_than_it_accepts) {
    auto const endpoint = MUST(endpoint_create);
    auto peer = server(
        endpoint, 1, [](Endpoint_receive_out const& got) { EXPECT_EQUAL(got.tag.transfers(), 1); });
    TAKE(peer.start());
    EXPECT(others_wait());
    send(endpoint, all_permissions, 0, 0);
    send(endpoint, all_permissions, 0, 1);
    EXPECT_ERROR(too_large, endpoint_call, endpoint, carries(2), 0, 0, 0, 0);
    EXPECT_OK(endpoint_call, endpoint, carries(1), 0, 0, 0, 0);
    EXPECT(peer.wait());
}

TEST(transfer, caller_takes_no_more_than_it_accepts) {
    auto const endpoint = MUST(endpoint_create);
    Peer peer{[&] {
        auto const reply = MUST(reply_create);
        EXPECT_OK(endpoint_receive, endpoint, reply, soon());
        send(endpoint);
        EXPECT_ERROR(too_large, endpoint_reply, reply, carries(1), 0, 0, 0, 0);
        EXPECT_ERROR(too_large, endpoint_reply_receive, uint64_t{reply} << 32 | endpoint,
                     carries(1), 0, 0, 0, 0);
        TAKE(answer_with(reply, 3));
    }};
    TAKE(peer.start());
    message_buffer().accepted_transfers = 0;
    EXPECT_EQUAL(MUST(endpoint_call, endpoint, Message_tag{}, 0, 0, 0, 0).w0, 3);
    EXPECT(peer.wait());
}

// What is wrong with one capability keeps all from arriving.
TEST(transfer, call_with_a_capability_that_cannot_go) {
    auto const endpoint = MUST(endpoint_create);
    auto const memory = MUST(memory_create, page_size);
    auto const badged = TAKE(copy(endpoint, endpoint_permission::call, 1));
    auto peer = server(endpoint, 4, [](Endpoint_receive_out const&) {});
    TAKE(peer.start());
    EXPECT(others_wait());
    auto const endpoints = TAKE(system_counters()).objects[number(Object_type::memory)];
    send(memory);
    send(empty_slot, all_permissions, 0, 1);
    EXPECT_ERROR(invalid_capability, endpoint_call, endpoint, carries(2), 0, 0, 0, 0);
    send(badged, all_permissions, 2, 1);
    EXPECT_ERROR(invalid_argument, endpoint_call, endpoint, carries(2), 0, 0, 0, 0);
    send(memory, all_permissions, 2, 1);
    EXPECT_ERROR(wrong_type, endpoint_call, endpoint, carries(2), 0, 0, 0, 0);
    EXPECT_OK(endpoint_call, endpoint, carries(0), 0, 0, 0, 0);
    EXPECT(peer.wait());
    EXPECT_OK(capability_delete, memory); // nobody else has one
    EXPECT_EQUAL(TAKE(system_counters()).objects[number(Object_type::memory)], endpoints - 1);
}

TEST(transfer, answer_with_a_capability_that_cannot_go) {
    auto const endpoint = MUST(endpoint_create);
    Peer peer{[&] {
        auto const reply = MUST(reply_create);
        uint64_t const both = uint64_t{reply} << 32 | endpoint;
        EXPECT_OK(endpoint_receive, endpoint, reply, soon());
        send(empty_slot);
        EXPECT_ERROR(invalid_capability, endpoint_reply, reply, carries(1), 0, 0, 0, 0);
        EXPECT_ERROR(invalid_capability, endpoint_reply_receive, both, carries(1), 0, 0, 0, 0);
        send(TAKE(copy(endpoint, endpoint_permission::call, 1)), all_permissions, 2);
        EXPECT_ERROR(invalid_argument, endpoint_reply, reply, carries(1), 0, 0, 0, 0);
        TAKE(answer_with(reply, 3));
    }};
    TAKE(peer.start());
    message_buffer().accepted_transfers = 4;
    EXPECT_EQUAL(MUST(endpoint_call, endpoint, Message_tag{}, 0, 0, 0, 0).w0, 3);
    EXPECT(peer.wait());
}

// The same when the caller waited already: it is the caller who learns of it.
TEST(transfer, queued_call_with_a_capability_that_cannot_go) {
    auto const endpoint = MUST(endpoint_create);
    Peer caller{[&] {
        send(empty_slot);
        EXPECT_ERROR(invalid_capability, endpoint_call, endpoint, carries(1), 0, 0, 0, 0);
    }};
    TAKE(caller.start());
    EXPECT(others_wait());
    message_buffer().accepted_transfers = 1;
    EXPECT_ERROR(timed_out, endpoint_receive, endpoint, MUST(reply_create), at_once);
    EXPECT(caller.wait());
}

// Fills the own table until it can hold no more, because it is full or because its next page would
// be too much for the quota.
void fill_table(bool use_up_quota) {
    while (use_up_quota && notification_create().ok()) {
    }
    while (copy(self_process, all_permissions).ok()) {
    }
}

// A child without room in its table receives. words: endpoint, whether its quota is used up
void receive_without_room(Words const& words) {
    auto const endpoint = static_cast<Capability_index>(words[0]);
    auto const reply = MUST(reply_create);
    fill_table(words[1] != 0);
    message_buffer().accepted_transfers = 1;
    EXPECT_EQUAL(MUST(endpoint_receive, endpoint, reply, soon()).w0, 2);
    TAKE(answer_with(reply, 0));
}

TEST(transfer, receiver_without_room) {
    for (bool const use_up_quota : {false, true}) {
        auto const endpoint = MUST(endpoint_create);
        auto child = TAKE(Child::create(512 * 1024));
        auto const slot = TAKE(child.give(endpoint, endpoint_permission::receive));
        TAKE(child.start(receive_without_room, {slot, use_up_quota}));
        EXPECT(others_wait());
        send(endpoint);
        if (use_up_quota)
            EXPECT_ERROR(quota_exceeded, endpoint_call, endpoint, carries(1), 1, 0, 0, 0);
        else
            EXPECT_ERROR(table_full, endpoint_call, endpoint, carries(1), 1, 0, 0, 0);
        EXPECT_OK(endpoint_call, endpoint, carries(0), 2, 0, 0, 0);
        EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
    }
}

void call_without_room(Words const& words) {
    fill_table(words[1] != 0);
    message_buffer().accepted_transfers = 1;
    EXPECT_EQUAL(
        MUST(endpoint_call, static_cast<Capability_index>(words[0]), Message_tag{}, 0, 0, 0, 0).w0,
        9);
}

TEST(transfer, caller_without_room) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    uint64_t const both = uint64_t{reply} << 32 | endpoint;
    for (bool const use_up_quota : {false, true}) {
        auto child = TAKE(Child::create(512 * 1024));
        auto const slot = TAKE(child.give(endpoint, endpoint_permission::call));
        TAKE(child.start(call_without_room, {slot, use_up_quota}));
        EXPECT_OK(endpoint_receive, endpoint, reply, soon());
        send(endpoint);
        if (use_up_quota) {
            EXPECT_ERROR(quota_exceeded, endpoint_reply, reply, carries(1), 0, 0, 0, 0);
            EXPECT_ERROR(quota_exceeded, endpoint_reply_receive, both, carries(1), 0, 0, 0, 0);
        } else {
            EXPECT_ERROR(table_full, endpoint_reply, reply, carries(1), 0, 0, 0, 0);
            EXPECT_ERROR(table_full, endpoint_reply_receive, both, carries(1), 0, 0, 0, 0);
        }
        TAKE(answer_with(reply, 9));
        EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
    }
}

} // namespace
