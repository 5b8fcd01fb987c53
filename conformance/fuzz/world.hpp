// SPDX-License-Identifier: MIT
// What a process that makes calls at random believes of its own slots and addresses. It learns from
// answers and may be wrong: others change things, too.
#pragma once

#include "fuzz/random.hpp"

#include <lavandin/abi/capability.hpp>

#include <algorithm>
#include <array>

namespace fuzz {

using lavandin::abi::Capability_index;
using lavandin::abi::Object_type;

class World {
public:
    static constexpr Capability_index slots = 128; // those beyond are used, but not remembered

    // Without some there is little left to try; calls that destroy mostly spare them.
    enum class Worth : uint8_t {
        little,
        object, // it is the object that is needed, not this slot
        slot,   // both
    };

    void learn(Capability_index slot, Object_type type, Worth worth = Worth::little) {
        if (slot != 0 && slot < slots)
            _known[slot] = {type, type == Object_type::none ? Worth::little : worth};
    }

    Object_type type(Capability_index slot) const {
        return slot < slots ? _known[slot].type : Object_type::none;
    }
    Worth worth(Capability_index slot) const {
        return slot < slots ? _known[slot].worth : Worth::little;
    }

    // A slot that holds an object of this type (none: of any), each as likely as the others; 0 when
    // there is none.
    Capability_index any(Random& random, Object_type wanted) const {
        auto const fits = [wanted](Known const& known) {
            return known.type != Object_type::none &&
                   (wanted == Object_type::none || known.type == wanted);
        };
        auto const count = static_cast<uint64_t>(std::count_if(_known.begin(), _known.end(), fits));
        if (count == 0)
            return 0;
        uint64_t left = random.below(count);
        auto const found = std::find_if(_known.begin(), _known.end(), [&](Known const& known) {
            return fits(known) && left-- == 0;
        });
        return static_cast<Capability_index>(found - _known.begin());
    }

    unsigned used() const {
        unsigned count = 0;
        for (Known const& known : _known)
            count += known.type != Object_type::none;
        return count;
    }

    // Addresses worth trying. Set once.
    uint64_t free_pages{0}; // begin of addresses to map to
    uint64_t used_pages{0}; // begin of what is mapped, and needed
    uint64_t code{0};       // where a thread may begin

private:
    struct Known {
        Object_type type;
        Worth worth;
    };
    std::array<Known, slots> _known{};
};

} // namespace fuzz
