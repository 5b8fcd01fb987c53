// SPDX-License-Identifier: MIT
#include "accounts.hpp"

#include <algorithm>

namespace lavandin::memory {

using abi::Error;
using memory_protocol::page_bytes;

Accounts::Accounts(uint64_t client_limit, Regions& regions)
    : _client_limit{client_limit}, _regions{regions} {
    for (Region& region : _regions) {
        uint64_t const bytes = region.bytes;
        bool const account = region.client != 0 && bytes != 0 && bytes % page_bytes == 0 &&
                             bytes <= memory_protocol::maximum_region_bytes;
        if (!account)
            region = {};
        region.memory = 0;
        _next = std::max(_next, region.number + 1);
    }
    Client holders[256];
    for (Client const client : std::span{holders, clients(holders)})
        _shared += count(client) - std::min(count(client), own_regions);
}

// An ended client that nobody has told us of yet keeps its regions: then even own ones may lack.
abi::Result<void> Accounts::check(Client client, uint64_t bytes) const {
    size_t const held = count(client);
    bool const shared = held < maximum_client_regions && _shared < shared_regions;
    if ((held >= own_regions && !shared) || count(0) == 0)
        return Error::table_full;
    uint64_t const already = used(client);
    if (already > _client_limit || bytes > _client_limit - already)
        return Error::quota_exceeded;
    return {};
}

size_t Accounts::count(Client client) const {
    return static_cast<size_t>(
        std::count_if(_regions.begin(), _regions.end(),
                      [client](Region const& region) { return region.client == client; }));
}

Region_number Accounts::add(Client client, uint64_t bytes, abi::Capability_index memory) {
    size_t const held = count(client);
    for (Region& region : _regions) {
        if (region.client != 0)
            continue;
        region = {client, _next++, memory, bytes};
        _shared += held >= own_regions;
        return region.number;
    }
    return 0;
}

void Accounts::free(Region& region) {
    _shared -= count(region.client) > own_regions;
    region = {};
}

Region* Accounts::place_of(Client client, Region_number number) {
    for (Region& region : _regions)
        if (client != 0 && number != 0 && region.client == client && region.number == number)
            return &region;
    return nullptr;
}

Region const* Accounts::find(Client client, Region_number number) const {
    return const_cast<Accounts*>(this)->place_of(client, number);
}

void Accounts::remove(Client client, Region_number number) {
    if (Region* const region = place_of(client, number))
        free(*region);
}

void Accounts::keep_charged(Client client, Region_number number) {
    if (Region* const region = place_of(client, number))
        region->number = region->memory = 0;
}

Region Accounts::remove_any(Client client) {
    for (Region& region : _regions) {
        if (client == 0 || region.client != client)
            continue;
        Region const removed = region;
        free(region);
        return removed;
    }
    return {};
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
