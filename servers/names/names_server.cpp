// SPDX-License-Identifier: MIT
#include "names_server.hpp"

#include <algorithm>

namespace lavandin::names {

using names_protocol::Label;

namespace {

// What init keeps for a successor, up to the name's end; the endpoint goes with it.
struct Kept_name {
    Client owner;
    char name[names_protocol::maximum_name_bytes + 1];
};

} // namespace

void Names_server::request(Request& request) {
    switch (static_cast<Label>(request.label())) {
    case Label::add:
        return add(request);
    case Label::find:
        return find(request);
    case Label::remove:
        return remove(request);
    case Label::list:
        return list(request);
    }
    request.fail(Error::not_supported);
}

void Names_server::add(Request& request) {
    std::string_view const name = request.text();
    auto endpoint = request.take<Endpoint>();
    if (!request.ok() || !endpoint.valid())
        return request.fail(Error::invalid_argument);
    auto const information = endpoint.information();
    if (!information.ok() || information.value().type != static_cast<uint64_t>(Endpoint::type))
        return request.fail(Error::invalid_argument);
    request.finish(add(badge_process(request.badge()), name, static_cast<Endpoint&&>(endpoint)));
}

// The successor's copy comes first: who is told that it is done can rely on it. What a name of the
// client's own stood for stays until then.
Result<void> Names_server::add(Client owner, std::string_view name, Endpoint&& endpoint) {
    auto const old = _table.find(name);
    bool const replaces = old.ok() && old.value().owner == owner;
    uint64_t const key =
        replaces ? old.value().key : TRY(_table.add(owner, name, endpoint.index()));
    Kept_name kept{owner, {}};
    name.copy(kept.name, sizeof(kept.name));
    auto const saved = _init.keep(
        key, {reinterpret_cast<char const*>(&kept), sizeof(kept.owner) + name.size()}, &endpoint);
    if (!saved.ok()) {
        if (!replaces)
            static_cast<void>(_table.remove(owner, name));
        return saved;
    }
    if (replaces) {
        static_cast<void>(capability_delete(old.value().endpoint));
        _table.replace(name, endpoint.index());
    }
    endpoint.release(); // the table's from now on
    return {};
}

void Names_server::drop(Name_table::Entry const& entry) const {
    static_cast<void>(_init.forget(entry.key));
    static_cast<void>(capability_delete(entry.endpoint));
}

void Names_server::restore() {
    char text[init_protocol::maximum_kept_bytes];
    uint64_t position = 0;
    for (auto kept = _init.next_kept(position, text); kept.ok();
         kept = _init.next_kept(position, text)) {
        Kept_name name{};
        auto& found = kept.value();
        size_t const bytes = std::min(found.bytes, sizeof(name));
        memcpy(&name, text, bytes);
        if (bytes <= sizeof(name.owner) || !found.capability.valid())
            continue;
        std::string_view const word{name.name, bytes - sizeof(name.owner)};
        if (_table.add(name.owner, word, found.capability.index(), found.key).ok())
            found.capability.release();
    }
}

void Names_server::find(Request& request) {
    auto const entry = _table.find(request.text());
    if (!entry.ok())
        return request.fail(entry.error());
    request.answer().transfer(entry.value().endpoint, endpoint_permission::call);
}

void Names_server::remove(Request& request) {
    auto const removed = _table.remove(badge_process(request.badge()), request.text());
    if (removed.ok())
        drop(removed.value());
    request.fail(removed.error());
}

void Names_server::list(Request& request) {
    auto const entry = _table.at(request.word());
    if (!entry.ok())
        return request.fail(Error::invalid_argument);
    request.answer().text(entry.value().name());
}

void Names_server::notified(uint64_t) {
    Client owners[Name_table::maximum_entries];
    size_t const count = _table.owners(owners);
    auto const ended = Init_client{}.keep_ended({owners, count});
    for (size_t i = 0; ended.ok() && i < ended.value(); ++i)
        for (auto removed = _table.remove_any(owners[i]); removed.ok();
             removed = _table.remove_any(owners[i]))
            drop(removed.value());
}

} // namespace lavandin::names
