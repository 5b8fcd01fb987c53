// SPDX-License-Identifier: MIT
#include "watches.hpp"

#include <algorithm>
#include <charconv>

namespace lavandin::xenstore {

using abi::Error;
using abi::Result;

Watches::Wire_token Watches::wire_token(Watch const& watch) {
    Wire_token token{};
    auto const end = std::to_chars(token.text, token.text + sizeof(token.text), watch.serial).ptr;
    token.length = static_cast<size_t>(end - token.text);
    return token;
}

Result<Watch*> Watches::add(Client client, std::string_view path, uint64_t token) {
    if (!valid_path(path))
        return Error::invalid_argument;
    if (path.size() > Kept_path::limit)
        return Error::too_large;
    if (find(client, token) != nullptr)
        return Error::already_mapped;
    // Those that are being taken back count: they still are the store's.
    auto const own = std::count_if(_watches.begin(), _watches.end(), [&](Watch const& watch) {
        return watch.state != Watch::State::free && watch.client == client;
    });
    auto const place = std::find_if(_watches.begin(), _watches.end(), [](Watch const& watch) {
        return watch.state == Watch::State::free;
    });
    if (own >= static_cast<long>(xenstore_protocol::maximum_client_watches) ||
        place == _watches.end())
        return Error::table_full;
    *place = {};
    place->state = Watch::State::adding;
    place->client = client;
    place->serial = ++_last_serial;
    place->token = token;
    place->path = Kept_path{path};
    return &*place;
}

Watch* Watches::find(Client client, uint64_t token) {
    for (Watch& watch : _watches)
        if (watch.alive() && watch.client == client && watch.token == token)
            return &watch;
    return nullptr;
}

Watch* Watches::find(uint32_t serial) {
    for (Watch& watch : _watches)
        if (watch.state != Watch::State::free && watch.serial == serial)
            return &watch;
    return nullptr;
}

Watch* Watches::event(std::string_view path, std::string_view wire_token) {
    uint32_t serial = 0;
    char const* const end = wire_token.data() + wire_token.size();
    auto const parsed = std::from_chars(wire_token.data(), end, serial);
    if (parsed.ec != std::errc{} || parsed.ptr != end)
        return nullptr;
    Watch* const watch = find(serial);
    if (watch == nullptr || !watch->alive())
        return nullptr;
    note(*watch, path);
    return watch;
}

// What cannot be kept (too many, too long, not a path) becomes one event of the watch's own path,
// which says as much: something there or below has changed.
void Watches::note(Watch& watch, std::string_view path) {
    auto& events = watch.events;
    for (size_t i = 0; i < events.size(); ++i)
        if (events.at(i).text() == path)
            return;
    if (valid_path(path) && path.size() <= Kept_path::limit && events.push(Kept_path{path}))
        return;
    events.clear();
    static_cast<void>(events.push(watch.path)); // it is empty now
}

Result<Watches::Event> Watches::take_event(Client client) {
    for (size_t i = 0; i < maximum; ++i) {
        Watch& watch = _watches[(_next_fetched + i) % maximum];
        if (!watch.alive() || watch.client != client || watch.events.empty())
            continue;
        _next_fetched = index_of(watch) + 1;
        Event const event{watch.events.front(), watch.token};
        watch.events.drop();
        return event;
    }
    return Error::not_mapped;
}

} // namespace lavandin::xenstore
