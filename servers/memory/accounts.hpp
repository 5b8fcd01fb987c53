// SPDX-License-Identifier: MIT
// Who holds how much: regions and bytes per client, each up to a limit.
#pragma once

#include <array>
#include <lavandin/abi/capability.hpp>
#include <lavandin/abi/result.hpp>
#include <span>

namespace lavandin::memory {

using Client = uint32_t; // process number
using Region_number = uint32_t;

struct Region {
    Client client{0}; // 0: this place is free
    Region_number number{0};
    abi::Capability_index memory{0};
    uint64_t bytes{0};
};

class Accounts {
public:
    static constexpr size_t maximum_regions = 512;
    static constexpr size_t maximum_client_regions = 64;

    // `client_limit`: bytes that one client may hold.
    explicit Accounts(uint64_t client_limit) : _client_limit{client_limit} {}

    // What a client may still take: asked before the memory is made.
    // Errors: quota_exceeded (its bytes), table_full (its regions, or all regions).
    abi::Result<void> check(Client client, uint64_t bytes) const;

    // Notes a region that check() allowed, and answers its number.
    Region_number add(Client client, uint64_t bytes, abi::Capability_index memory);

    // The region, when it belongs to that client; else nullptr.
    Region const* find(Client client, Region_number number) const;

    void remove(Client client, Region_number number);

    // Some region of a client, or nullptr. For giving back everything that an ended client had.
    Region const* any(Client client) const;

    uint64_t used(Client client) const;
    uint64_t client_limit() const { return _client_limit; }

    // The clients that hold something, each once, as many as fit; answers how many.
    size_t clients(std::span<Client> to) const;

private:
    Region* place_of(Client client, Region_number number);

    uint64_t _client_limit;
    Region_number _next{1};
    std::array<Region, maximum_regions> _regions{};
};

} // namespace lavandin::memory
