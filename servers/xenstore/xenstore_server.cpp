// SPDX-License-Identifier: MIT
#include "xenstore_server.hpp"

#include <algorithm>

namespace lavandin::xenstore {

using xenstore_protocol::Label;

void Xenstore_server::start() {
    _shutdown.start(_connection);
    notified(interrupt_bit); // answers that came before the interrupt was bound
}

// Requests.

void Xenstore_server::request(Request& request) {
    auto const label = static_cast<Label>(request.label());
    std::string_view const path = request.text();
    std::string_view const value = request.text();
    uint64_t const word = request.word();
    if (label == Label::status) {
        request.answer().text({}).word(_connection.working());
        return;
    }
    if (!request.ok())
        return request.fail(Error::invalid_argument);
    if (label == Label::next_event)
        return next_event(request);
    ask(request,
        {label, badge_process(request.badge()), badge_roles(request.badge()), path, value, word});
}

void Xenstore_server::next_event(Request& request) {
    auto const event = _service.next_event(badge_process(request.badge()));
    if (!event.ok())
        return request.fail(event.error());
    request.answer().text(event.value().path.text()).word(event.value().token);
}

void Xenstore_server::ask(Request& request, Client_service::Question const& question) {
    if (!_connection.working())
        return request.fail(Error::busy);
    auto const place = question.label == Label::watch ? ask_with_notification(request, question)
                                                      : _service.ask(question, now());
    if (!place.ok())
        return request.fail(place.error());
    if (_connection.pump_requests())
        static_cast<void>(_interrupt.raise());
    auto waiting = request.defer();
    if (!waiting.ok()) // it is done all the same, as after timed_out
        return request.fail(waiting.error());
    _waiting[place.value()] = static_cast<Deferred_answer&&>(waiting.value());
}

Result<size_t> Xenstore_server::ask_with_notification(Request& request,
                                                      Client_service::Question const& question) {
    if (!request.more_capabilities())
        return Error::invalid_argument;
    auto notification = request.take<Notification>();
    size_t const place = TRY(_service.ask(question, now()));
    _notifications[_service.watch_of(place)] = static_cast<Notification&&>(notification);
    return place;
}

void Xenstore_server::answer(size_t place, Error error, std::string_view text, uint64_t word) {
    if (!_waiting[place].waiting())
        return;
    if (error != Error::none) {
        static_cast<void>(_waiting[place].send(error));
        return;
    }
    auto writer = begin_answer();
    writer.text(text).word(word);
    static_cast<void>(_waiting[place].send(writer));
}

void Xenstore_server::changed(size_t watch) { static_cast<void>(_notifications[watch].signal()); }

void Xenstore_server::forgotten(size_t watch) { _notifications[watch].reset(); }

// What happens by itself.

void Xenstore_server::notified(uint64_t bits) {
    if ((bits & ended_bit) != 0)
        forget_ended();
    check_time();
    pump();
    obey(_shutdown.order());
}

void Xenstore_server::forget_ended() {
    Client clients[Client_service::maximum_clients];
    size_t const count = _service.clients(clients);
    auto const ended = Init_client{}.keep_ended({clients, count});
    for (size_t i = 0; ended.ok() && i < ended.value(); ++i)
        _service.ended(clients[i]);
}

// A message whose rest does not come would swallow the beginning of the next.
void Xenstore_server::check_time() {
    uint64_t const time = now();
    if (_service.tick(time) && _connection.within_message())
        _connection.restart();
    if (time >= _mend)
        mend();
}

// The interrupt stays off until the ring has been emptied.
void Xenstore_server::pump() {
    _resume = forever;
    bool drained = turn();
    if (drained) {
        static_cast<void>(_interrupt.acknowledge());
        drained = turn(); // what came before that
    }
    if (!drained)
        _resume = after(pause);
    if (_connection.working() || _mend != forever)
        return;
    _mend = after(second);
    if (!_reported)
        static_cast<void>(_log.write("the store sent what cannot be; beginning anew"));
    _reported = true;
}

// Answers whether there was no more.
bool Xenstore_server::turn() {
    auto const arrived = [&](Message const& message) {
        _shutdown.arrived(_connection, message);
        _service.arrived(message);
    };
    if (_connection.pump(arrived))
        static_cast<void>(_interrupt.raise());
    return !_connection.exhausted();
}

void Xenstore_server::mend() {
    _mend = forever;
    if (!_connection.working())
        _connection.restart();
}

uint64_t Xenstore_server::deadline() {
    return std::min({_resume, _mend, _service.deadline(now())});
}

void Xenstore_server::obey(Order order) {
    if (order == Order::none)
        return;
    bool const reboot = order == Order::reboot;
    static_cast<void>(_log.write(reboot ? "reboot was ordered" : "power off was ordered"));
    auto const way = reboot ? Shutdown::reboot : Shutdown::power_off;
    auto const result = Init_client{}.shut_down(static_cast<uint64_t>(way));
    if (!result.ok())
        static_cast<void>(_log.write("init refused to end the machine"));
}

} // namespace lavandin::xenstore
