// SPDX-License-Identifier: MIT
// Who holds how much: regions and bytes per client, each up to a limit.
//
// Each client has some regions of its own, which nobody else can take; above that all share the
// rest, first come, first served:
//
//   | 16 of client a | 16 of client b | ... for 48 clients |  1,280 for everybody, 256 at most for
//   one  |
#pragma once

#include <array>
#include <lavandin/abi/capability.hpp>
#include <lavandin/abi/result.hpp>
#include <lavandin/init_protocol.hpp>
#include <lavandin/memory_protocol.hpp>
#include <span>

namespace lavandin::memory {

using Client = init_protocol::Process_number;
using Region_number = uint32_t;

struct Region {
    Client client{0}; // 0: this place is free
    Region_number number{0};
    abi::Capability_index memory{0};
    uint64_t bytes{0};
};

class Accounts {
public:
    static constexpr size_t own_regions = 16; // of each client
    static constexpr size_t shared_regions = 1280;
    static constexpr size_t maximum_regions =
        init_protocol::maximum_processes * own_regions + shared_regions;
    static constexpr size_t maximum_client_regions = 256;
    using Regions = std::array<Region, maximum_regions>;

    // `client_limit`: bytes that one client may hold. `regions` lie where a successor finds them:
    // those of a predecessor stay charged, but its capabilities to them went with it. What is no
    // account (it may have died while it wrote) is dropped.
    Accounts(uint64_t client_limit, Regions& regions);

    // What a client may still take: asked before the memory is made.
    // Errors: quota_exceeded (its bytes), table_full (its regions; or it has its own and all shared
    // ones are taken).
    abi::Result<void> check(Client client, uint64_t bytes) const;

    // Notes a region that check() allowed, and answers its number.
    Region_number add(Client client, uint64_t bytes, abi::Capability_index memory);

    // The region, when it belongs to that client; else nullptr.
    Region const* find(Client client, Region_number number) const;

    void remove(Client client, Region_number number);

    // The region has no capability of ours any more, but the client still holds it: it is charged
    // until the client ends, and can be released no second time.
    void keep_charged(Client client, Region_number number);

    // Takes some region of a client out, for giving back everything that an ended client had.
    // Answers one of no client when there is none left.
    Region remove_any(Client client);

    uint64_t used(Client client) const;
    uint64_t client_limit() const { return _client_limit; }

    // The clients that hold something, each once, as many as fit; answers how many.
    size_t clients(std::span<Client> to) const;

private:
    Region* place_of(Client client, Region_number number);
    size_t count(Client client) const;
    void free(Region& region);

    uint64_t _client_limit;
    Region_number _next{1};
    size_t _shared{0}; // regions above the own ones of their clients
    Regions& _regions;
};

} // namespace lavandin::memory
