// SPDX-License-Identifier: MIT
#include "fuzz/customers.hpp"

#include "framework/layout.hpp"
#include "framework/peer.hpp"
#include "framework/test.hpp"
#include "fuzz/random.hpp"

#include <lavandin/thread_pointer.hpp>

namespace conformance {

namespace {

constexpr uint64_t quota = 256 * 1024; // three stacks more than others
constexpr uint64_t most_words = 16;
constexpr uint64_t longest_wait = 20 * millisecond;
constexpr Permissions read_write = memory_permission::read | memory_permission::write;
// Below all other neighbours, who must get on, and above those who are to serve: what has been
// answered stands in line again at once, and a server is lent no more than this.
constexpr uint64_t priority_below = 1;

constexpr uint64_t bit(Error error) { return uint64_t{1} << static_cast<uint64_t>(error); }

// What depends on who receives: whether it can take what the message carries, answers and lives.
constexpr uint64_t receivers_doing = bit(Error::quota_exceeded) | bit(Error::out_of_memory) |
                                     bit(Error::table_full) | bit(Error::too_large) |
                                     bit(Error::timed_out) | bit(Error::peer_died);

// Some have a deadline, some carry a capability.
Message_tag draw_message(fuzz::Random& random, Capability_index bell) {
    auto& buffer = message_buffer();
    buffer.accepted_transfers = maximum_transfers;
    buffer.deadline = after(random.below(longest_wait));
    buffer.sent[0] = {bell, notification_permission::signal, random.below(4)};
    Message_tag const tag{static_cast<uint32_t>(random.next()), random.below(most_words),
                          random.below(4) == 0};
    return random.one_in(2) ? tag.with_deadline() : tag;
}

} // namespace

void Customers::call_for_ever(Capability_index counter, Capability_index bell, uint64_t seed) {
    auto& record = *reinterpret_cast<Record*>(record_address);
    fuzz::Random random{seed};
    while (true) {
        Message_tag const tag = draw_message(random, bell);
        auto const answer = endpoint_call(counter, tag, random.next(), 0, 0, 0);
        if (!answer.ok()) {
            __atomic_fetch_or(&record.strange, bit(answer.error()) & ~receivers_doing,
                              __ATOMIC_RELAXED);
            continue;
        }
        __atomic_fetch_add(&record.answered, 1, __ATOMIC_RELAXED);
        for (uint64_t i = 0; i < answer.value().tag.transfers(); ++i)
            static_cast<void>(capability_delete(message_buffer().received[i].index));
    }
}

void Customers::call(Words const& words) {
    auto const counter = static_cast<Capability_index>(words[0]);
    auto const bell = static_cast<Capability_index>(words[1]);
    Peer second{[=] { call_for_ever(counter, bell, 1); }};
    Peer third{[=] { call_for_ever(counter, bell, 2); }};
    Peer fourth{[=] { call_for_ever(counter, bell, 3); }};
    TAKE(second.start());
    TAKE(third.start());
    TAKE(fourth.start());
    call_for_ever(counter, bell, 0);
}

Result<void> Customers::start() {
    _counter = TRY(Endpoint::create());
    _bell = TRY(Notification::create());
    auto const record = TRY(Memory::create(page_size));
    uint64_t const address = layout::fresh_addresses(page_size);
    TRY_VOID(memory_map(self_process, record.index(), address, 0, page_size, read_write));
    _record = reinterpret_cast<Record*>(address);
    _process = TRY(Child::create(quota, 0, "fuzz's callers"));
    TRY_VOID(memory_map(_process.process().index(), record.index(), record_address, 0, page_size,
                        read_write));
    auto const calls = TRY(_process.give(_counter.index(), endpoint_permission::call));
    auto const bell = TRY(_process.give(_bell.index(), notification_permission::signal));
    return _process.start(call, {calls, bell}, inherited().priority - priority_below);
}

void Customers::check() const {
    for (uint64_t code = 0; code < 64; ++code)
        if (_record->strange >> code & 1) {
            note("a call to who makes calls at random ended with %s",
                 error_name(static_cast<Error>(code)));
            fail();
        }
    auto const process = _process.process().information();
    EXPECT(process.ok() && process.value().state == static_cast<uint64_t>(Process_state::alive));
}

} // namespace conformance
