// SPDX-License-Identifier: MIT
#include "xenstore_server.hpp"

#include <algorithm>
#include <stdio.h>

namespace lavandin::xenstore {

using xenstore_protocol::Label;

namespace {

// What init keeps of a watch for a successor, up to the path's end; the notification goes with it.
struct Kept_watch {
    uint64_t token;
    Client client;
    char path[Kept_path::limit];
};
constexpr size_t kept_head = offsetof(Kept_watch, path);
static_assert(sizeof(Kept_watch) <= init_protocol::maximum_kept_bytes);

} // namespace

void Xenstore_server::start() {
    _shutdown.start(_connection);
    inherit();
    notified(interrupt_bit | ended_bit); // what came before we were told
}

void Xenstore_server::inherit() {
    char text[init_protocol::maximum_kept_bytes];
    uint64_t position = 0;
    for (auto kept = _init.next_kept(position, text); kept.ok();
         kept = _init.next_kept(position, text))
        inherit(kept.value(), {text, kept.value().bytes});
}

void Xenstore_server::inherit(Init_client::Kept& kept, std::string_view text) {
    Kept_watch watch{};
    memcpy(&watch, text.data(), std::min(text.size(), sizeof(watch)));
    if (text.size() <= kept_head)
        return;
    auto const place = _service.inherit({watch.client,
                                         {watch.path, text.size() - kept_head},
                                         watch.token,
                                         static_cast<uint32_t>(kept.key)});
    if (place.ok())
        _notifications[place.value()] = Notification{kept.capability.release()};
}

void Xenstore_server::established(Watch const& watch, size_t place) {
    Kept_watch kept{watch.token, watch.client, {}};
    size_t const bytes = kept_head + watch.path.text().copy(kept.path, sizeof(kept.path));
    // Without it the watch works, but not beyond our death.
    static_cast<void>(_init.keep(watch.kept_as, {reinterpret_cast<char const*>(&kept), bytes},
                                 &_notifications[place]));
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

void Xenstore_server::forgotten(Watch const& watch, size_t place) {
    if (watch.kept_as != 0)
        static_cast<void>(_init.forget(watch.kept_as));
    _notifications[place].reset();
}

// What happens by itself.

void Xenstore_server::notified(uint64_t bits) {
    if ((bits & ended_bit) != 0)
        forget_ended();
    check_time();
    if ((bits & interrupt_bit) != 0)
        _hold = _pace.next(now());
    pump();
    obey(_shutdown.order());
}

void Xenstore_server::forget_ended() {
    Client clients[Client_service::maximum_clients];
    size_t const count = _service.clients(clients);
    auto const ended = _init.keep_ended({clients, count});
    for (size_t i = 0; ended.ok() && i < ended.value(); ++i)
        _service.ended(clients[i]);
}

// A message whose rest does not come would swallow the beginning of the next.
void Xenstore_server::check_time() {
    uint64_t const time = now();
    bool const silent = _service.tick(time);
    if (silent)
        report_refusal();
    if (silent && _connection.within_message())
        _connection.restart();
    if (time >= _mend)
        mend();
}

// A store that has given this domain up says why in the page (C xenstored since Xen 4.17).
void Xenstore_server::report_refusal() {
    auto const& page = *_page.as<xenstore_domain_interface>();
    uint32_t const features = __atomic_load_n(&page.server_features, __ATOMIC_RELAXED);
    uint32_t const refusal = __atomic_load_n(&page.error, __ATOMIC_RELAXED);
    if ((features & XENSTORE_SERVER_FEATURE_ERROR) == 0 || refusal == _refusal)
        return;
    _refusal = refusal;
    char text[80];
    int const length = snprintf(
        text, sizeof(text), "the store does not serve this machine any more (error %u)", refusal);
    static_cast<void>(_log.write({text, static_cast<size_t>(length)}));
}

// The interrupt stays off until the ring has been emptied.
void Xenstore_server::pump() {
    _resume = forever;
    bool drained = turn();
    if (drained) {
        acknowledge();
        drained = turn(); // what came before that
    }
    if (!drained)
        _resume = std::max(after(pause), _input_pace.rest_end());
    if (_connection.working() || _mend != forever)
        return;
    _mend = after(second);
    if (!_reported)
        static_cast<void>(_log.write("the store sent what cannot be; beginning anew"));
    _reported = true;
}

void Xenstore_server::acknowledge() {
    if (_hold > now())
        return;
    _hold = 0;
    static_cast<void>(_interrupt.acknowledge());
}

// Answers whether there was no more.
bool Xenstore_server::turn() {
    auto const arrived = [&](Message const& message) {
        _shutdown.arrived(_connection, message);
        _service.arrived(message);
    };
    if (_connection.pump(arrived, _input_pace.room(now())))
        static_cast<void>(_interrupt.raise());
    _input_pace.took(_connection.taken(), now());
    return !_connection.exhausted();
}

void Xenstore_server::mend() {
    _mend = forever;
    if (!_connection.working())
        _connection.restart();
}

uint64_t Xenstore_server::deadline() {
    return std::min({_resume, _mend, _hold != 0 ? _hold : forever, _service.deadline(now())});
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
