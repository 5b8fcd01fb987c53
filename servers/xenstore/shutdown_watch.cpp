// SPDX-License-Identifier: MIT
#include "shutdown_watch.hpp"

namespace lavandin::xenstore {
namespace {

constexpr std::string_view key{"control/shutdown"};
constexpr std::string_view token{"shutdown"};

Order order_named(std::string_view value) {
    if (value == "poweroff" || value == "halt")
        return Order::power_off;
    return value == "reboot" ? Order::reboot : Order::none;
}

bool event_for_us(Message const& message) {
    std::string_view rest = message.payload;
    Message::take_string(rest); // the path: there is one watch with our token
    return message.header.type == XS_WATCH_EVENT && Message::take_string(rest) == token;
}

} // namespace

void Shutdown_watch::start(Connection& connection) {
    // What a boot loader or a predecessor watched, and its transactions, go; an old store may
    // refuse.
    connection.send(XS_RESET_WATCHES, {""});
    // The store may refuse the features (an old tool stack has no such keys): no answer is needed.
    connection.send(XS_WRITE, {"control/feature-poweroff", "1"}, true);
    connection.send(XS_WRITE, {"control/feature-reboot", "1"}, true);
    connection.send(XS_WATCH, {key, token});
}

void Shutdown_watch::arrived(Connection& connection, Message const& message) {
    uint32_t const request = message.header.req_id;
    if (event_for_us(message))
        _read_request = connection.send(XS_READ, {key});
    else if (_read_request != 0 && request == _read_request)
        read_answer(connection, message);
    else if (_write_request != 0 && request == _write_request)
        _confirmed = true; // also by an error: the order stands
}

void Shutdown_watch::read_answer(Connection& connection, Message const& message) {
    _read_request = 0;
    std::string_view value = message.payload;
    Order const order =
        message.header.type == XS_READ ? order_named(Message::take_string(value)) : Order::none;
    if (order == Order::none || _order != Order::none)
        return;
    _order = order;
    _write_request = connection.send(XS_WRITE, {key, ""}, true);
    _confirmed = _write_request == 0;
}

} // namespace lavandin::xenstore
