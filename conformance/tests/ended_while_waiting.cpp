// SPDX-License-Identifier: MIT
// A thread may end, by itself or with its process, whatever it waits for: the object it waited at
// serves others as before.
#include "tests/common.hpp"

namespace {

using namespace conformance;

struct Objects {
    Capability_index endpoint, reply, bell;
};

Result<Objects> make_objects() {
    auto const endpoint = TRY(endpoint_create());
    auto const reply = TRY(reply_create());
    return Objects{endpoint, reply, TRY(notification_create())};
}

enum class State : uint64_t {
    ready,
    sleeping,
    in_line,
    held,
    receiving,
    replied_and_receiving,
    waiting_for_bits,
    end
};

// Comes to wait; when it was told to, until a deadline that it does not live to see.
void wait_in(State state, Objects const& at) {
    uint64_t const both = uint64_t{at.reply} << 32 | at.endpoint;
    message_buffer().deadline = soon();
    auto const timed = Message_tag{}.with_deadline();
    switch (state) {
    case State::ready:
        while (true)
            asm volatile("");
    case State::sleeping:
        static_cast<void>(thread_sleep(soon()));
        break;
    case State::in_line:
    case State::held:
        static_cast<void>(endpoint_call(at.endpoint, timed, 0, 0, 0, 0));
        break;
    case State::receiving:
        static_cast<void>(endpoint_receive(at.endpoint, at.reply, soon()));
        break;
    case State::replied_and_receiving:
        static_cast<void>(endpoint_reply_receive(both, timed, 0, 0, 0, 0));
        break;
    case State::waiting_for_bits:
        static_cast<void>(notification_wait(at.bell, soon()));
        break;
    case State::end:
        break;
    }
    fail(); // nothing may wake it
}

// Everything works as if nobody had been there.
void expect_unused(Objects const& at) {
    EXPECT_ERROR(no_caller, endpoint_reply, at.reply, Message_tag{}, 0, 0, 0, 0);
    EXPECT_ERROR(timed_out, endpoint_receive, at.endpoint, at.reply, at_once);
    EXPECT_OK(notification_signal, at.bell);
    EXPECT_EQUAL(MUST(notification_wait, at.bell, at_once), 1);
    Peer caller{[&] { EXPECT_EQUAL(TAKE(call_with(at.endpoint, 3)).w0, 4); }};
    TAKE(caller.start());
    EXPECT_EQUAL(MUST(endpoint_receive, at.endpoint, at.reply, soon()).w0, 3);
    TAKE(answer_with(at.reply, 4));
    EXPECT(caller.wait());
}

void let_it_wait(State state, Objects const& at) {
    if (state == State::ready)
        sleep_for(millisecond); // it never waits
    else
        EXPECT(others_wait());
    if (state == State::held)
        EXPECT_OK(endpoint_receive, at.endpoint, at.reply, at_once);
}

TEST(ended, thread_in_each_state) {
    auto const at = TAKE(make_objects());
    for (auto state = State::ready; state != State::end; state = State{number(state) + 1}) {
        Peer waiting{[&] { wait_in(state, at); }};
        TAKE(waiting.start(inherited().priority - 1));
        let_it_wait(state, at);
        EXPECT_OK(thread_destroy, waiting.thread());
        expect_unused(at);
    }
}

void wait_in_child(Words const& words) {
    wait_in(State{words[0]},
            {static_cast<Capability_index>(words[1]), static_cast<Capability_index>(words[2]),
             static_cast<Capability_index>(words[3])});
}

TEST(ended, process_in_each_state) {
    auto const at = TAKE(make_objects());
    for (auto state = State::ready; state != State::end; state = State{number(state) + 1}) {
        auto child = TAKE(Child::create());
        auto const endpoint = TAKE(child.give(at.endpoint));
        auto const reply = TAKE(child.give(at.reply));
        auto const bell = TAKE(child.give(at.bell));
        TAKE(child.start(wait_in_child, {number(state), endpoint, reply, bell},
                         inherited().priority - 1));
        let_it_wait(state, at);
        EXPECT_OK(process_destroy, child.process().index(), 0);
        expect_unused(at);
    }
}

} // namespace
