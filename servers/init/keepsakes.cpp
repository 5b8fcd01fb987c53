// SPDX-License-Identifier: MIT
#include "keepsakes.hpp"

namespace lavandin::init {

Keepsake* Keepsakes::find(Section const& owner, uint64_t key) {
    for (Keepsake& place : _places)
        if (place.owner == &owner && place.key == key)
            return &place;
    return nullptr;
}

// nullptr when all are taken, or this owner's share.
Keepsake* Keepsakes::free_place(Section const& owner) {
    Keepsake* found = nullptr;
    size_t owned = 0;
    for (Keepsake& place : _places) {
        owned += place.owner == &owner;
        if (place.owner == nullptr)
            found = &place;
    }
    return owned < maximum_owned ? found : nullptr;
}

Result<void> Keepsakes::put(Section const& owner, uint64_t key, std::string_view text,
                            Capability&& capability) {
    if (text.size() > sizeof(Keepsake::storage))
        return Error::invalid_argument;
    Keepsake* place = find(owner, key);
    if (place == nullptr)
        place = free_place(owner);
    if (place == nullptr)
        return Error::table_full;
    place->owner = &owner;
    place->key = key;
    place->capability = static_cast<Capability&&>(capability);
    place->bytes = text.copy(place->storage, sizeof(place->storage));
    return {};
}

Keepsake* Keepsakes::next(Section const& owner, uint64_t& position) {
    for (; position < _places.size(); ++position)
        if (_places[position].owner == &owner)
            return &_places[position];
    return nullptr;
}

Result<void> Keepsakes::remove(Section const& owner, uint64_t key) {
    Keepsake* const place = find(owner, key);
    if (place == nullptr)
        return Error::invalid_argument;
    *place = {};
    return {};
}

} // namespace lavandin::init
