// SPDX-License-Identifier: MIT
// Names and the endpoints they stand for.
#pragma once

#include <array>
#include <lavandin/abi/capability.hpp>
#include <lavandin/abi/result.hpp>
#include <lavandin/names_protocol.hpp>
#include <span>
#include <string_view>

namespace lavandin::names {

using Client = uint32_t; // process number

class Name_table {
public:
    static constexpr size_t maximum_entries = 64;
    static constexpr size_t maximum_client_entries = 8;

    struct Entry {
        Client owner{0}; // 0: this place is free
        abi::Capability_index endpoint{0};
        uint64_t key{0}; // under which it is kept for a successor
        uint8_t length{0};
        char text[names_protocol::maximum_name_bytes]{};

        std::string_view name() const { return {text, length}; }
    };

    // Answers the entry's key, new unless one is given. Errors: as in names_protocol::Label::add.
    abi::Result<uint64_t> add(Client owner, std::string_view name, abi::Capability_index endpoint,
                              uint64_t key = 0);

    // Errors: invalid_argument (not a name), not_mapped (nobody added it).
    abi::Result<Entry> find(std::string_view name) const;

    // The name, which somebody has added, stands for another endpoint; the caller deletes the one
    // before.
    void replace(std::string_view name, abi::Capability_index endpoint);

    // Answers what the entry was; the caller deletes the endpoint. Errors: as find,
    // permission_denied.
    abi::Result<Entry> remove(Client owner, std::string_view name);

    // Removes some entry of an ended client and answers it; not_mapped when it has none.
    abi::Result<Entry> remove_any(Client owner);

    // The entry at place `index` among those in use; not_mapped at the end.
    abi::Result<Entry> at(size_t index) const;

    // The clients that own something, each once, as many as fit; answers how many.
    size_t owners(std::span<Client> to) const;

private:
    Entry* place_of(std::string_view name);
    size_t owned_by(Client owner) const;

    std::array<Entry, maximum_entries> _entries{};
    uint64_t _last_key{0};
};

} // namespace lavandin::names
