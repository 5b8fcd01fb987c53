// SPDX-License-Identifier: MIT
#include "requests.hpp"

#include <algorithm>

namespace lavandin::xenstore {

using abi::Error;

abi::Result<size_t> Requests::place(Client client) {
    auto const own = std::count_if(begin(), end(), [&](Pending_request const& request) {
        return request.number != 0 && request.client == client;
    });
    if (client != 0 && own >= static_cast<long>(xenstore_protocol::maximum_client_requests))
        return Error::busy;
    Pending_request* chosen = nullptr;
    for (Pending_request& request : _requests) {
        if (request.number == 0) {
            chosen = &request;
            break;
        }
        if (request.late && (chosen == nullptr || request.deadline < chosen->deadline))
            chosen = &request; // the oldest of those that only wait for a late answer
    }
    if (chosen == nullptr)
        return Error::busy;
    *chosen = {};
    return index_of(*chosen);
}

Pending_request* Requests::find(uint32_t number) {
    for (Pending_request& request : _requests)
        if (number != 0 && request.number == number)
            return &request;
    return nullptr;
}

Pending_request* Requests::expired(uint64_t now) {
    for (Pending_request& request : _requests)
        if (request.number != 0 && !request.late && request.deadline <= now)
            return &request;
    return nullptr;
}

Pending_request* Requests::waited_for_by(Client client) {
    for (Pending_request& request : _requests)
        if (request.number != 0 && client != 0 && request.client == client)
            return &request;
    return nullptr;
}

uint64_t Requests::next_deadline() const {
    uint64_t next = none;
    for (Pending_request const& request : _requests)
        if (request.number != 0 && !request.late)
            next = std::min(next, request.deadline);
    return next;
}

} // namespace lavandin::xenstore
