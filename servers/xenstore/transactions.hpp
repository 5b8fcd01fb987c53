// SPDX-License-Identifier: MIT
// The transactions of clients. A client knows its own by a number that nobody else can use; the
// store's number stays here.
#pragma once

#include "store_path.hpp"

#include <array>
#include <lavandin/abi/result.hpp>
#include <span>

namespace lavandin::xenstore {

//   free -> beginning -> open -> ending (commit or abort asked for) -> free
//                             -> leaving (to be aborted: the client is gone) -> ending
struct Transaction {
    enum class State : uint8_t { free, beginning, open, leaving, ending };

    State state{State::free};
    Client client{0};
    uint32_t serial{0}; // what the client knows it by
    uint32_t store_number{0};
};

class Transactions {
public:
    static constexpr size_t maximum = 8;

    // Serial numbers begin behind this one.
    explicit Transactions(uint32_t last_serial) : _last_serial{last_serial} {}

    // Errors: table_full.
    abi::Result<Transaction*> add(Client client);

    // The client's open transaction. Errors: not_mapped.
    abi::Result<Transaction*> find(Client client, uint64_t serial);
    Transaction* find(uint32_t serial);

    // The store has begun it, in its own words. False when these are no number.
    static bool opened(Transaction& transaction, std::string_view words);

    std::span<Transaction> all() { return _transactions; }

private:
    std::array<Transaction, maximum> _transactions{};
    uint32_t _last_serial;
};

} // namespace lavandin::xenstore
