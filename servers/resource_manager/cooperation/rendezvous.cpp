// SPDX-License-Identifier: MIT
#include "rendezvous.hpp"

#include <algorithm>
#include <cooperation/limits.h>
#include <cooperation/store.h>
#include <lavandin/clock.hpp>
#include <stdio.h>

namespace lavandin::resource_manager {

namespace {

constexpr uint64_t pause = second; // before a store that fails is asked again
constexpr uint64_t step = 20 * millisecond;

} // namespace

// A predecessor's watch has gone with it. When the store's server dies it sets ours again.
Result<void> Rendezvous::start(Transport const& transport, uint64_t priority) {
    _transport = &transport;
    _wake = TRY(Notification::create());
    TRY_VOID(_store.watch(COOP_STORE_VMM, watch_token, _wake));
    _thread = TRY(Thread::start(work, this, {stack_bytes, priority}));
    return {};
}

Result<void> Rendezvous::write(std::string_view key, uint64_t number) {
    char text[24];
    int const length =
        snprintf(text, sizeof(text), "%llu", static_cast<unsigned long long>(number));
    return _store.write(key, {text, static_cast<size_t>(length)});
}

Result<std::string_view> Rendezvous::read_state() {
    static_assert(sizeof(_state) == COOP_STORE_VALUE_BYTES);
    auto const bytes = TRY(_store.read(COOP_STORE_VMM_STATE, _state));
    return std::string_view{_state, bytes};
}

// Whoever still has a predecessor's pages gets the time to notice that they are closed.
void Rendezvous::wait_for_predecessor() {
    uint64_t const end = after(pause);
    auto state = read_state();
    while (state.ok() && state.value() == COOP_STORE_OPEN && now() < end) {
        static_cast<void>(_wake.wait(std::min(end, after(step))));
        state = read_state();
    }
}

Result<void> Rendezvous::write_all() {
    char text[16];
    auto const before = _store.read(COOP_STORE_STATE, text);
    if (before.ok()) {
        TRY_VOID(_store.write(COOP_STORE_STATE, COOP_STORE_CLOSED));
        wait_for_predecessor();
    }
    TRY_VOID(write(COOP_STORE_VERSION_LEAST, 1));
    TRY_VOID(write(COOP_STORE_VERSION_MOST, COOP_VERSION));
    TRY_VOID(write(COOP_STORE_GUEST_PAGE, _transport->own_reference()));
    TRY_VOID(write(COOP_STORE_VMM_PAGE, _transport->other_reference()));
    TRY_VOID(write(COOP_STORE_EVENT_CHANNEL, _transport->port()));
    return _store.write(COOP_STORE_STATE, COOP_STORE_READY);
}

// What it says is for people: control characters are not.
void Rendezvous::look() {
    char path[xenstore_protocol::maximum_watch_path];
    while (_store.next_event(path).ok()) {
    }
    static_cast<void>(_signal.signal());
    auto const state = read_state();
    bool const unusable = state.ok() && state.value().starts_with(COOP_STORE_UNUSABLE);
    if (unusable && !_complained) {
        char line[sizeof(_state) + 32];
        std::replace_if(
            _state, _state + state.value().size(), [](char c) { return c < ' ' || c > '~'; }, '?');
        int const length = snprintf(line, sizeof(line), "cooperation: dom0 says %.*s",
                                    static_cast<int>(state.value().size()), _state);
        static_cast<void>(_log.write({line, static_cast<size_t>(length)}));
    }
    _complained = unusable;
}

void Rendezvous::work(void* self) {
    auto& rendezvous = *static_cast<Rendezvous*>(self);
    bool written = false;
    while (true) {
        if (!written)
            written = rendezvous.write_all().ok();
        static_cast<void>(rendezvous._wake.wait(written ? forever : after(pause)));
        rendezvous.look();
    }
}

} // namespace lavandin::resource_manager
