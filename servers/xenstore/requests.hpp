// SPDX-License-Identifier: MIT
// What was asked of the store and has no answer yet.
#pragma once

#include "store_path.hpp"

#include <array>
#include <lavandin/abi/result.hpp>

namespace lavandin::xenstore {

// One request. After its time the client has been told, but a late answer is still understood (it
// may bring a transaction that must be ended), until the place is needed for another.
struct Pending_request {
    uint32_t number{0};  // on the wire; 0: this place is free
    uint32_t type{0};    // XS_*, which its answer has, too
    Client client{0};    // who waits; 0: nobody
    uint32_t subject{0}; // of a watch or a transaction: its serial number
    uint64_t deadline{0};
    bool late{false};
};

class Requests {
public:
    static constexpr size_t maximum = 16;
    static constexpr uint64_t none = UINT64_MAX;

    // A place for one more request, which the caller fills in; `client` 0 for our own.
    // Errors: busy (this client's share or all places are taken).
    abi::Result<size_t> place(Client client);

    Pending_request& at(size_t index) { return _requests[index]; }
    // The request that an answer with this number is for, or nullptr.
    Pending_request* find(uint32_t number);
    size_t index_of(Pending_request const& request) const {
        return static_cast<size_t>(&request - _requests.data());
    }

    // A request whose time has come before `now`, or nullptr. The caller marks it late.
    Pending_request* expired(uint64_t now);
    // A request that this client waits for, or nullptr.
    Pending_request* waited_for_by(Client client);

    // When the next request expires, or `none`.
    uint64_t next_deadline() const;

    auto begin() const { return _requests.begin(); }
    auto end() const { return _requests.end(); }

private:
    std::array<Pending_request, maximum> _requests{};
};

} // namespace lavandin::xenstore
