// SPDX-License-Identifier: MIT
#include "name_table.hpp"

#include <algorithm>
#include <string.h>

namespace lavandin::names {

using abi::Error;

namespace {

bool valid_character(char character) {
    return (character >= 'a' && character <= 'z') || (character >= '0' && character <= '9') ||
           character == '-' || character == '.';
}

bool valid(std::string_view name) {
    return !name.empty() && name.size() <= names_protocol::maximum_name_bytes &&
           std::all_of(name.begin(), name.end(), valid_character);
}

Name_table::Entry give_up(Name_table::Entry& entry) {
    Name_table::Entry const was = entry;
    entry = {};
    return was;
}

} // namespace

Name_table::Entry* Name_table::place_of(std::string_view name) {
    for (Entry& entry : _entries)
        if (entry.owner != 0 && entry.name() == name)
            return &entry;
    return nullptr;
}

size_t Name_table::owned_by(Client owner) const {
    size_t count = 0;
    for (Entry const& entry : _entries)
        count += entry.owner == owner;
    return count;
}

abi::Result<uint64_t> Name_table::add(Client owner, std::string_view name,
                                      abi::Capability_index endpoint, uint64_t key) {
    if (!valid(name) || owner == 0)
        return Error::invalid_argument;
    if (place_of(name) != nullptr)
        return Error::busy;
    if (owned_by(owner) >= maximum_client_entries)
        return Error::quota_exceeded;
    for (Entry& entry : _entries) {
        if (entry.owner != 0)
            continue;
        entry.owner = owner;
        entry.endpoint = endpoint;
        entry.length = static_cast<uint8_t>(name.size());
        memcpy(entry.text, name.data(), name.size());
        entry.key = key != 0 ? key : _last_key + 1;
        _last_key = std::max(_last_key, entry.key);
        return entry.key;
    }
    return Error::table_full;
}

abi::Result<Name_table::Entry> Name_table::find(std::string_view name) const {
    if (!valid(name))
        return Error::invalid_argument;
    Entry const* const entry = const_cast<Name_table*>(this)->place_of(name);
    if (entry == nullptr)
        return Error::not_mapped;
    return *entry;
}

void Name_table::replace(std::string_view name, abi::Capability_index endpoint) {
    if (Entry* const entry = place_of(name))
        entry->endpoint = endpoint;
}

abi::Result<Name_table::Entry> Name_table::remove(Client owner, std::string_view name) {
    if (!valid(name))
        return Error::invalid_argument;
    Entry* const entry = place_of(name);
    if (entry == nullptr)
        return Error::not_mapped;
    if (entry->owner != owner)
        return Error::permission_denied;
    return give_up(*entry);
}

abi::Result<Name_table::Entry> Name_table::remove_any(Client owner) {
    for (Entry& entry : _entries)
        if (owner != 0 && entry.owner == owner)
            return give_up(entry);
    return Error::not_mapped;
}

abi::Result<Name_table::Entry> Name_table::at(size_t index) const {
    for (Entry const& entry : _entries)
        if (entry.owner != 0 && index-- == 0)
            return entry;
    return Error::not_mapped;
}

size_t Name_table::owners(std::span<Client> to) const {
    size_t count = 0;
    for (Entry const& entry : _entries) {
        auto const found = to.first(count);
        bool const known = std::find(found.begin(), found.end(), entry.owner) != found.end();
        if (entry.owner != 0 && !known && count < to.size())
            to[count++] = entry.owner;
    }
    return count;
}

} // namespace lavandin::names
