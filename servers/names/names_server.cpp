// SPDX-License-Identifier: MIT
#include "names_server.hpp"

namespace lavandin::names {

using names_protocol::Label;

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
    auto const added = _table.add(badge_process(request.badge()), name, endpoint.index());
    if (added.ok())
        endpoint.release(); // the table's from now on
    request.finish(added);
}

void Names_server::find(Request& request) {
    auto const entry = _table.find(request.text());
    if (!entry.ok())
        return request.fail(entry.error());
    request.answer().transfer(entry.value().endpoint, endpoint_permission::call);
}

void Names_server::remove(Request& request) {
    auto const endpoint = _table.remove(badge_process(request.badge()), request.text());
    if (endpoint.ok())
        Capability{endpoint.value()}.reset();
    request.fail(endpoint.error());
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
        for (auto endpoint = _table.remove_any(owners[i]); endpoint.ok();
             endpoint = _table.remove_any(owners[i]))
            Capability{endpoint.value()}.reset();
}

} // namespace lavandin::names
