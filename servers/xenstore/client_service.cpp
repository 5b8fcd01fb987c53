// SPDX-License-Identifier: MIT
#include "client_service.hpp"

#include <algorithm>

namespace lavandin::xenstore {

using abi::Error;
using abi::Result;
using xenstore_protocol::Label;

Error error_of(std::string_view word) {
    struct Meaning {
        std::string_view word;
        Error error;
    };
    static constexpr Meaning meanings[] = {{"EINVAL", Error::invalid_argument},
                                           {"EACCES", Error::permission_denied},
                                           {"EPERM", Error::permission_denied},
                                           {"EROFS", Error::permission_denied},
                                           {"EEXIST", Error::already_mapped},
                                           {"ENOENT", Error::not_mapped},
                                           {"ENOMEM", Error::out_of_memory},
                                           {"ENOSPC", Error::quota_exceeded},
                                           {"EAGAIN", Error::busy},
                                           {"EBUSY", Error::busy},
                                           {"E2BIG", Error::too_large},
                                           {"EISDIR", Error::invalid_argument},
                                           {"ENOTEMPTY", Error::invalid_argument}};
    for (Meaning const& meaning : meanings)
        if (meaning.word == word)
            return meaning.error;
    return Error::not_supported;
}

// Asking.

Result<size_t> Client_service::ask(Question const& question, uint64_t now) {
    switch (question.label) {
    case Label::read:
        return ask_node(question, XS_READ, now);
    case Label::list:
        return ask_node(question, XS_DIRECTORY, now);
    case Label::write:
        return ask_node(question, XS_WRITE, now);
    case Label::make_directory:
        return ask_node(question, XS_MKDIR, now);
    case Label::remove:
        return ask_node(question, XS_RM, now);
    case Label::watch:
        return watch(question, now);
    case Label::unwatch:
        return unwatch(question, now);
    case Label::begin:
        return begin(question, now);
    case Label::commit:
        return finish(question, true, now);
    case Label::abort:
        return finish(question, false, now);
    case Label::status:
    case Label::next_event:
        break;
    }
    return Error::not_supported;
}

Result<size_t> Client_service::send(Order const& order, uint64_t now) {
    size_t const place = TRY(_requests.place(order.client));
    uint32_t const number =
        _connection.send(order.type, order.strings, order.open_end, order.transaction);
    if (number == 0)
        return Error::busy;
    _requests.at(place) = {number,        order.type,        order.client,
                           order.subject, now + answer_time, false};
    return place;
}

Result<size_t> Client_service::ask_node(Question const& question, uint32_t type, uint64_t now) {
    bool const changes = type != XS_READ && type != XS_DIRECTORY;
    if (changes && (question.roles & xenstore_protocol::role_change) == 0)
        return Error::permission_denied;
    if (!valid_path(question.path))
        return Error::invalid_argument;
    uint32_t transaction = 0;
    if (question.word != 0)
        transaction = TRY(_transactions.find(question.client, question.word))->store_number;
    if (type == XS_WRITE)
        return send({type, question.client, 0, {question.path, question.value}, true, transaction},
                    now);
    return send({type, question.client, 0, {question.path}, false, transaction}, now);
}

Result<size_t> Client_service::watch(Question const& question, uint64_t now) {
    Watch& watch = *TRY(_watches.add(question.client, question.path, question.word));
    auto const sent = send(
        {XS_WATCH, question.client, watch.serial, {watch.path.text(), Watches::wire_token(watch)}},
        now);
    if (!sent.ok())
        watch = {};
    return sent;
}

Result<size_t> Client_service::unwatch(Question const& question, uint64_t now) {
    Watch* const watch = _watches.find(question.client, question.word);
    if (watch == nullptr)
        return Error::not_mapped;
    if (watch->state != Watch::State::active)
        return Error::busy;
    size_t const place = TRY(send({XS_UNWATCH,
                                   question.client,
                                   watch->serial,
                                   {watch->path.text(), Watches::wire_token(*watch)}},
                                  now));
    leave(*watch);
    watch->state = Watch::State::removing;
    return place;
}

Result<size_t> Client_service::begin(Question const& question, uint64_t now) {
    Transaction& transaction = *TRY(_transactions.add(question.client));
    auto const sent = send({XS_TRANSACTION_START, question.client, transaction.serial, {""}}, now);
    if (!sent.ok())
        transaction = {};
    return sent;
}

Result<size_t> Client_service::finish(Question const& question, bool commit, uint64_t now) {
    Transaction& transaction = *TRY(_transactions.find(question.client, question.word));
    size_t const place = TRY(send({XS_TRANSACTION_END,
                                   question.client,
                                   transaction.serial,
                                   {commit ? "T" : "F"},
                                   false,
                                   transaction.store_number},
                                  now));
    transaction.state = Transaction::State::ending;
    return place;
}

Result<size_t> Client_service::inherit(Inheritance const& inheritance) {
    Watch& watch = *TRY(_watches.add(inheritance.client, inheritance.path, inheritance.token));
    watch.state = Watch::State::lost;
    watch.kept_as = inheritance.kept_as;
    watch.inherited = true;
    return _watches.index_of(watch);
}

size_t Client_service::watch_of(size_t place) {
    Watch const* const watch = _watches.find(_requests.at(place).subject);
    return watch == nullptr ? Watches::maximum : _watches.index_of(*watch);
}

// What the store says. An answer counts when its number is that of a request and its type is the
// request's or the error; everything else is not for us, and passed over.

void Client_service::arrived(Message const& message) {
    if (message.header.type == XS_WATCH_EVENT)
        return event(message);
    Pending_request* const found = _requests.find(message.header.req_id);
    if (found == nullptr || (message.header.type != found->type && message.header.type != XS_ERROR))
        return;
    Pending_request const request = *found;
    *found = {};
    Outcome const outcome = settle(request, message);
    if (request.client != 0)
        _clients.answer(_requests.index_of(*found), outcome.error, outcome.text, outcome.word);
}

void Client_service::event(Message const& message) {
    std::string_view rest = message.payload;
    std::string_view const path = Message::take_string(rest);
    Watch const* const watch = _watches.event(path, Message::take_string(rest));
    if (watch != nullptr)
        _clients.changed(_watches.index_of(*watch));
}

Client_service::Outcome Client_service::settle(Pending_request const& request,
                                               Message const& message) {
    Outcome outcome{Error::none};
    std::string_view words = message.payload;
    if (message.header.type == XS_ERROR)
        outcome.error = error_of(Message::take_string(words));
    switch (request.type) {
    case XS_READ:
    case XS_DIRECTORY:
        if (message.header.type == XS_ERROR)
            return outcome;
        if (message.payload.size() > xenstore_protocol::maximum_bytes)
            return {Error::too_large};
        return {Error::none, message.payload};
    case XS_WATCH:
        watch_answered(request, outcome.error);
        return outcome;
    case XS_UNWATCH:
        if (Watch* const watch = _watches.find(request.subject))
            *watch = {};
        return outcome;
    case XS_TRANSACTION_START:
        outcome.text = Message::take_string(words);
        return begun(request, outcome);
    case XS_TRANSACTION_END:
        if (Transaction* const transaction = _transactions.find(request.subject))
            *transaction = {};
        return outcome;
    default:
        return outcome;
    }
}

void Client_service::watch_answered(Pending_request const& request, Error error) {
    Watch* const watch = _watches.find(request.subject);
    if (watch == nullptr)
        return;
    // A store that does not know how to begin anew still has the predecessor's.
    if (error == Error::none || (watch->inherited && error == Error::already_mapped)) {
        if (watch->state != Watch::State::adding)
            return;
        watch->state = Watch::State::active;
        if (watch->inherited)
            return;
        watch->kept_as = watch->serial;
        return _clients.established(*watch, _watches.index_of(*watch));
    }
    if (watch->inherited && watch->alive()) {
        watch->state = Watch::State::lost;
        return;
    }
    if (watch->alive())
        leave(*watch);
    *watch = {};
}

Client_service::Outcome Client_service::begun(Pending_request const& request, Outcome outcome) {
    Transaction* const transaction = _transactions.find(request.subject);
    if (transaction == nullptr)
        return {Error::not_supported};
    if (outcome.error != Error::none || !Transactions::opened(*transaction, outcome.text)) {
        *transaction = {};
        return {outcome.error == Error::none ? Error::not_supported : outcome.error};
    }
    if (request.client == 0)
        transaction->state = Transaction::State::leaving;
    return {Error::none, {}, transaction->serial};
}

// Giving up and taking back.

bool Client_service::tick(uint64_t now) {
    bool any = false;
    while (Pending_request* const request = _requests.expired(now)) {
        Client const client = request->client;
        request->client = 0;
        request->late = true;
        give_up(*request);
        if (client != 0)
            _clients.answer(_requests.index_of(*request), Error::timed_out, {}, 0);
        any = true;
    }
    take_back(now);
    return any;
}

// A watch may have been set all the same: it is taken back. A transaction may have been begun: its
// number is not known unless the answer comes late.
void Client_service::give_up(Pending_request& request) {
    Watch* const watch = _watches.find(request.subject);
    Transaction* const transaction = _transactions.find(request.subject);
    if (request.type == XS_WATCH && watch != nullptr && watch->alive() && watch->inherited)
        watch->state = Watch::State::lost;
    else if (request.type == XS_WATCH && watch != nullptr && watch->alive())
        leave(*watch);
    else if (request.type == XS_UNWATCH && watch != nullptr)
        *watch = {};
    else if (request.type == XS_TRANSACTION_START && transaction != nullptr)
        transaction->client = 0;
    else if (request.type == XS_TRANSACTION_END && transaction != nullptr)
        *transaction = {};
}

void Client_service::leave(Watch& watch) {
    watch.state = Watch::State::leaving;
    watch.events.clear();
    _clients.forgotten(watch, _watches.index_of(watch));
}

void Client_service::ended(Client client) {
    while (Pending_request* const request = _requests.waited_for_by(client)) {
        request->client = 0;
        _clients.answer(_requests.index_of(*request), Error::peer_died, {}, 0);
    }
    for (Watch& watch : _watches.all())
        if (watch.client == client && watch.alive())
            leave(watch);
    for (Transaction& transaction : _transactions.all())
        if (transaction.client == client && transaction.state == Transaction::State::open)
            transaction.state = Transaction::State::leaving;
}

void Client_service::set_again(uint64_t now) {
    for (Watch& watch : _watches.all()) {
        if (watch.state != Watch::State::lost)
            continue;
        auto const token = Watches::wire_token(watch);
        if (send({XS_WATCH, 0, watch.serial, {watch.path.text(), token}}, now).ok())
            watch.state = Watch::State::adding;
    }
}

void Client_service::take_back(uint64_t now) {
    set_again(now);
    for (Watch& watch : _watches.all()) {
        if (watch.state != Watch::State::leaving)
            continue;
        auto const token = Watches::wire_token(watch);
        if (send({XS_UNWATCH, 0, watch.serial, {watch.path.text(), token}}, now).ok())
            watch.state = Watch::State::removing;
    }
    for (Transaction& transaction : _transactions.all()) {
        if (transaction.state == Transaction::State::beginning && !asked_for(transaction))
            transaction = {}; // the place that waited for its late answer was needed
        if (transaction.state != Transaction::State::leaving)
            continue;
        uint32_t const number = transaction.store_number;
        if (send({XS_TRANSACTION_END, 0, transaction.serial, {"F"}, false, number}, now).ok())
            transaction.state = Transaction::State::ending;
    }
}

bool Client_service::asked_for(Transaction const& transaction) const {
    return std::any_of(_requests.begin(), _requests.end(), [&](Pending_request const& request) {
        return request.number != 0 && request.type == XS_TRANSACTION_START &&
               request.subject == transaction.serial;
    });
}

bool Client_service::anything_to_ask() {
    auto const watches = _watches.all();
    auto const transactions = _transactions.all();
    return std::any_of(watches.begin(), watches.end(),
                       [](Watch const& watch) {
                           return watch.state == Watch::State::leaving ||
                                  watch.state == Watch::State::lost;
                       }) ||
           std::any_of(transactions.begin(), transactions.end(), [](Transaction const& other) {
               return other.state == Transaction::State::leaving;
           });
}

uint64_t Client_service::deadline(uint64_t now) {
    uint64_t const retry = anything_to_ask() ? now + second : Requests::none;
    return std::min(_requests.next_deadline(), retry);
}

size_t Client_service::clients(std::span<Client, maximum_clients> to) {
    size_t count = 0;
    auto const note = [&](Client client) {
        auto const known = to.first(count);
        if (client != 0 && std::find(known.begin(), known.end(), client) == known.end())
            to[count++] = client;
    };
    for (Pending_request const& request : _requests)
        note(request.client);
    for (Watch const& watch : _watches.all())
        if (watch.alive())
            note(watch.client);
    for (Transaction const& transaction : _transactions.all())
        note(transaction.client);
    return count;
}

} // namespace lavandin::xenstore
