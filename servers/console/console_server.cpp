// SPDX-License-Identifier: MIT
#include "console_server.hpp"

#include <algorithm>
#include <stdio.h>

namespace lavandin::console {

using namespace console_protocol;

void Console_server::inherit() {
    Init_client const init;
    char text[init_protocol::maximum_kept_bytes];
    uint64_t position = 0;
    for (auto kept = init.next_kept(position, text); kept.ok();
         kept = init.next_kept(position, text)) {
        Kept_state state;
        if (kept.value().bytes != sizeof(state))
            continue;
        memcpy(&state, text, sizeof(state));
        inherit(kept.value(), state);
    }
}

void Console_server::inherit(Init_client::Kept& kept, Kept_state const& state) {
    if (kept.key == kept_mode && state.mode <= static_cast<uint64_t>(Mode::raw)) {
        _mode_owner = static_cast<Client>(state.owner);
        _discipline.set_mode(static_cast<Mode>(state.mode));
    } else if (kept.key == kept_interrupt && kept.capability.valid()) {
        _interrupt_owner = static_cast<Client>(state.owner);
        _interrupt = Notification{kept.capability.release()};
    }
}

// What cannot be kept works until we die.
void Console_server::keep(Kept key, Kept_state const& state, Capability const* capability) const {
    std::string_view const text{reinterpret_cast<char const*>(&state), sizeof(state)};
    if (state.owner != 0)
        static_cast<void>(Init_client{}.keep(key, text, capability));
    else
        static_cast<void>(Init_client{}.forget(key));
}

void Console_server::request(Request& request) {
    switch (static_cast<Label>(request.label())) {
    case Label::write:
        return write(request);
    case Label::read:
        return read(request);
    case Label::set_mode:
        return set_mode(request);
    case Label::set_interrupt:
        return set_interrupt(request);
    case Label::flush:
        return flush(request);
    }
    request.fail(Error::not_supported);
}

void Console_server::write(Request& request) {
    std::string_view const text = request.text();
    bool const now = (request.word() & write_now) != 0;
    if (!request.ok() || text.size() > maximum_bytes)
        return request.fail(Error::invalid_argument);
    if (_output.write(badge_process(request.badge()), text)) {
        pump();
        request.answer().word(text.size());
        return;
    }
    if (now)
        return request.fail(Error::busy);
    static_cast<void>(_writers.add(request));
}

void Console_server::flush(Request& request) {
    pump();
    if (_output.empty() && (_backend.drained() || _given_up))
        return request.finish({});
    static_cast<void>(_flushers.add(request));
    watch_backend(false);
}

void Console_server::read(Request& request) {
    size_t const bytes = request.word();
    if (bytes == 0 || bytes > maximum_bytes)
        return request.fail(Error::invalid_argument);
    if ((badge_roles(request.badge()) & role_no_input) != 0) {
        request.answer().text({}).word(static_cast<uint64_t>(Read_outcome::end));
        return;
    }
    if (_readers.add(request, bytes))
        deliver();
}

void Console_server::set_mode(Request& request) {
    uint64_t const mode = request.word();
    if (mode > static_cast<uint64_t>(Mode::raw))
        return request.fail(Error::invalid_argument);
    if ((badge_roles(request.badge()) & role_no_input) != 0)
        return request.fail(Error::permission_denied);
    _mode_owner = badge_process(request.badge());
    _discipline.set_mode(static_cast<Mode>(mode));
    keep(kept_mode, {_mode_owner, mode}, nullptr);
    deliver(); // in the new mode there may be something for those who wait
    pump();
    request.finish({});
}

void Console_server::set_interrupt(Request& request) {
    if ((badge_roles(request.badge()) & role_control) == 0)
        return request.fail(Error::permission_denied);
    bool const wanted = request.word() != 0;
    if (wanted && !request.more_capabilities())
        return request.fail(Error::invalid_argument);
    _interrupt = wanted ? request.take<Notification>() : Notification{};
    _interrupt_owner = wanted ? badge_process(request.badge()) : 0;
    keep(kept_interrupt, {_interrupt_owner, 0}, &_interrupt);
    request.finish({});
}

void Console_server::notified(uint64_t bits) {
    if ((bits & ended_bit) != 0)
        forget_ended();
    if ((bits & interrupt_bit) != 0)
        _hold = _pace.next(now());
    else if (deadline() > now())
        return;
    acknowledge();
    take_input();
    pump();
    report_faults();
}

void Console_server::acknowledge() {
    if (_hold > now())
        return;
    _hold = 0;
    _backend.acknowledge();
}

uint64_t Console_server::deadline() const {
    return std::min({_hold != 0 ? _hold : forever, _give_up, _more_input});
}

// Nobody tells again of what is left in the ring when there is no room.
void Console_server::take_input() {
    size_t const room = _key_pace.room(now());
    size_t taken = 0;
    while (taken < room) {
        char keys[256];
        size_t const count = _backend.read({keys, std::min(sizeof(keys), room - taken)});
        if (count == 0)
            break;
        type({keys, count});
        taken += count;
    }
    _key_pace.took(taken, now());
    _more_input = taken == room ? _key_pace.rest_end() : forever;
}

void Console_server::type(std::string_view keys) {
    for (char const key : keys) {
        if (_discipline.type(key, *this) == Line_discipline::Event::interrupt)
            interrupted();
        deliver();
    }
}

// The echo gives way when the output is full: what is typed counts, not that it is seen.
void Console_server::show(std::string_view text) {
    static_cast<void>(_output.write(Output::keyboard, text));
}

void Console_server::interrupted() {
    while (!_readers.empty()) {
        auto writer = begin_answer();
        writer.text({}).word(static_cast<uint64_t>(Read_outcome::interrupted));
        static_cast<void>(_readers.take().send(writer));
    }
    if (_interrupt.valid())
        static_cast<void>(_interrupt.signal());
}

void Console_server::deliver() {
    while (!_readers.empty() && _discipline.readable(*this))
        answer_reader();
}

// What a reader that has gone away did not get stays for the next one.
void Console_server::answer_reader() {
    char text[maximum_bytes];
    auto const input = _discipline.peek({text, _readers.front().bytes});
    auto writer = begin_answer();
    writer.text({text, input.bytes}).word(static_cast<uint64_t>(input.outcome));
    if (_readers.take().send(writer).ok())
        _discipline.take(input.bytes);
}

// Sends what there is room for, and answers those who waited for it.
void Console_server::pump() {
    bool const moved = send();
    if (moved && _given_up) {
        report_loss();
        send();
    }
    watch_backend(moved);
    if (_output.space() >= Output::largest_message)
        answer_writers();
    if (_output.empty() && (_backend.drained() || _given_up))
        answer_flushers();
}

// True when anything went out.
bool Console_server::send() {
    bool moved = false;
    while (!_output.empty()) {
        size_t const sent = _backend.write(_output.next());
        if (sent == 0)
            break;
        _output.drop(sent);
        moved = true;
    }
    return moved;
}

void Console_server::report_loss() {
    _given_up = false;
    char text[80];
    int const length =
        snprintf(text, sizeof(text), "\nconsole: %zu bytes were lost, nobody took them\n", _lost);
    show({text, static_cast<size_t>(length)});
}

// Time runs while the backend has something to take and takes nothing.
void Console_server::watch_backend(bool moved) {
    bool const waits = !_output.empty() || (!_flushers.empty() && !_backend.drained());
    if (!waits || moved)
        _give_up = forever;
    if (!waits)
        return;
    uint64_t const time = now();
    if (_give_up == forever && !_given_up)
        _give_up = time + patience;
    if (_given_up || time >= _give_up)
        lose();
}

void Console_server::lose() {
    _lost = (_given_up ? _lost : 0) + _output.size();
    _given_up = true;
    _give_up = forever;
    _output.clear();
}

// Any message would fit now: they send theirs again.
void Console_server::answer_writers() {
    while (!_writers.empty()) {
        auto answer = begin_answer();
        answer.word(0);
        static_cast<void>(_writers.take().send(answer));
    }
}

void Console_server::answer_flushers() {
    while (!_flushers.empty())
        static_cast<void>(_flushers.take().send(Error::none));
}

void Console_server::report_faults() {
    if (_backend.faults() == _reported_faults)
        return;
    _reported_faults = _backend.faults();
    show("\nconsole: the backend's ring counts were not possible; text was lost\n");
    pump();
}

void Console_server::forget_ended() {
    std::array<Client, 2 + decltype(_readers)::limit + decltype(_writers)::limit +
                           decltype(_flushers)::limit>
        clients;
    size_t count = 0;
    auto const note = [&](Client client) {
        if (client != 0)
            clients[count++] = client;
    };
    note(_mode_owner);
    note(_interrupt_owner);
    _readers.clients(note);
    _writers.clients(note);
    _flushers.clients(note);
    auto const ended = Init_client{}.keep_ended({clients.data(), count});
    for (size_t i = 0; ended.ok() && i < ended.value(); ++i)
        forget(clients[i]);
}

void Console_server::forget(Client client) {
    _readers.forget(client);
    _writers.forget(client);
    _flushers.forget(client);
    if (client == _mode_owner) {
        _mode_owner = 0;
        _discipline.set_mode(Mode::cooked);
        keep(kept_mode, {}, nullptr);
        deliver();
    }
    if (client == _interrupt_owner) {
        _interrupt_owner = 0;
        _interrupt.reset();
        keep(kept_interrupt, {}, nullptr);
    }
}

} // namespace lavandin::console
