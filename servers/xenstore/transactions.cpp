// SPDX-License-Identifier: MIT
#include "transactions.hpp"

#include <algorithm>
#include <charconv>

namespace lavandin::xenstore {

using abi::Error;
using abi::Result;

Result<Transaction*> Transactions::add(Client client) {
    using State = Transaction::State;
    auto const own =
        std::count_if(_transactions.begin(), _transactions.end(), [&](Transaction const& other) {
            return other.state != State::free && other.client == client;
        });
    auto const place =
        std::find_if(_transactions.begin(), _transactions.end(),
                     [](Transaction const& other) { return other.state == State::free; });
    if (own >= static_cast<long>(xenstore_protocol::maximum_client_transactions) ||
        place == _transactions.end())
        return Error::table_full;
    *place = {State::beginning, client, ++_last_serial, 0};
    return &*place;
}

Result<Transaction*> Transactions::find(Client client, uint64_t serial) {
    for (Transaction& transaction : _transactions)
        if (transaction.state == Transaction::State::open && transaction.client == client &&
            transaction.serial == serial)
            return &transaction;
    return Error::not_mapped;
}

Transaction* Transactions::find(uint32_t serial) {
    for (Transaction& transaction : _transactions)
        if (transaction.state != Transaction::State::free && transaction.serial == serial)
            return &transaction;
    return nullptr;
}

bool Transactions::opened(Transaction& transaction, std::string_view words) {
    uint32_t number = 0;
    char const* const end = words.data() + words.size();
    auto const parsed = std::from_chars(words.data(), end, number);
    if (parsed.ec != std::errc{} || parsed.ptr != end || number == 0)
        return false;
    transaction.store_number = number;
    transaction.state = Transaction::State::open;
    return true;
}

} // namespace lavandin::xenstore
