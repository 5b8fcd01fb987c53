// SPDX-License-Identifier: MIT
#include "accounts.hpp"

#include <algorithm>

namespace lavandin::memory {

using abi::Error;

abi::Result<void> Accounts::check(Client client, uint64_t bytes) const {
    size_t free = 0;
    size_t held = 0;
    for (Region const& region : _regions) {
        free += region.client == 0;
        held += region.client == client;
    }
    if (free == 0 || held >= maximum_client_regions)
        return Error::table_full;
    uint64_t const already = used(client);
    if (already > _client_limit || bytes > _client_limit - already)
        return Error::quota_exceeded;
    return {};
}

Region_number Accounts::add(Client client, uint64_t bytes, abi::Capability_index memory) {
    for (Region& region : _regions) {
        if (region.client != 0)
            continue;
        region = {client, _next++, memory, bytes};
        return region.number;
    }
    return 0;
}

Region* Accounts::place_of(Client client, Region_number number) {
    for (Region& region : _regions)
        if (client != 0 && region.client == client && region.number == number)
            return &region;
    return nullptr;
}

Region const* Accounts::find(Client client, Region_number number) const {
    return const_cast<Accounts*>(this)->place_of(client, number);
}

void Accounts::remove(Client client, Region_number number) {
    if (Region* const region = place_of(client, number))
        *region = {};
}

Region const* Accounts::any(Client client) const {
    for (Region const& region : _regions)
        if (client != 0 && region.client == client)
            return &region;
    return nullptr;
}

uint64_t Accounts::used(Client client) const {
    uint64_t bytes = 0;
    for (Region const& region : _regions)
        if (region.client == client)
            bytes += region.bytes;
    return bytes;
}

size_t Accounts::clients(std::span<Client> to) const {
    size_t count = 0;
    for (Region const& region : _regions) {
        auto const found = to.first(count);
        bool const known = std::find(found.begin(), found.end(), region.client) != found.end();
        if (region.client != 0 && !known && count < to.size())
            to[count++] = region.client;
    }
    return count;
}

} // namespace lavandin::memory
