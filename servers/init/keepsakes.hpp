// SPDX-License-Identifier: MIT
// What servers have left with init for their successors: short texts and capabilities, by key.
#pragma once

#include "manifest.hpp"

#include <array>
#include <lavandin/capability.hpp>
#include <lavandin/init_protocol.hpp>

namespace lavandin::init {

struct Keepsake {
    Section const* owner{nullptr}; // nullptr: this place is free
    uint64_t key{0};
    Capability capability; // optional
    size_t bytes{0};
    char storage[init_protocol::maximum_kept_bytes]{};

    std::string_view text() const { return {storage, bytes}; }
};

class Keepsakes {
public:
    static constexpr size_t maximum = 112;
    static constexpr size_t maximum_owned = 64;

    // Replaces what the owner has under this key. Errors: invalid_argument (text too long),
    // table_full.
    Result<void> put(Section const& owner, uint64_t key, std::string_view text,
                     Capability&& capability);

    // The owner's first one at or after place `position`, and its place; nullptr.
    Keepsake* next(Section const& owner, uint64_t& position);

    // Errors: invalid_argument (no such key).
    Result<void> remove(Section const& owner, uint64_t key);

private:
    Keepsake* find(Section const& owner, uint64_t key);
    Keepsake* free_place(Section const& owner);

    std::array<Keepsake, maximum> _places;
};

} // namespace lavandin::init
