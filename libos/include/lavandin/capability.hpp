// SPDX-License-Identifier: MIT
// Capability: the owner of one slot in this process's capability table.
#pragma once

#include <lavandin/abi/process.hpp>
#include <lavandin/system_calls.hpp>

namespace lavandin {

enum class Ownership : uint32_t { borrowed, owned };

// Move-only. An owned slot is emptied when its handle goes away; a borrowed one (such as those in
// the environment, which a process keeps for life) stays.
class Capability {
public:
    constexpr Capability() = default;
    constexpr explicit Capability(Capability_index index, Ownership ownership = Ownership::owned)
        : _index{index}, _ownership{ownership} {}
    constexpr Capability(Capability&& other) noexcept
        : _index{other._index}, _ownership{other._ownership} {
        other._index = 0;
    }
    constexpr Capability& operator=(Capability&& other) noexcept {
        if (this != &other) {
            reset();
            _index = other._index;
            _ownership = other._ownership;
            other._index = 0;
        }
        return *this;
    }
    Capability(Capability const&) = delete;
    Capability& operator=(Capability const&) = delete;
    constexpr ~Capability() { reset(); }

    constexpr Capability_index index() const { return _index; } // 0 when there is none
    constexpr bool valid() const { return _index != 0; }

    // The slot, which is no longer this handle's to empty.
    constexpr Capability_index release() {
        Capability_index const index = _index;
        _index = 0;
        return index;
    }

    constexpr void reset() {
        if (_index != 0 && _ownership == Ownership::owned)
            static_cast<void>(capability_delete(_index));
        _index = 0;
    }

    // Type, permissions and badge. Errors: invalid_capability.
    Result<Capability_information_out> information() const {
        return capability_information(_index);
    }

private:
    Capability_index _index{0};
    Ownership _ownership{Ownership::owned};
};

// Adds what all typed handles share. `Self` is the derived class.
template <typename Self, Object_type object_type>
class Typed_capability : public Capability {
public:
    using Capability::Capability;
    static constexpr Object_type type = object_type;

    static constexpr Self own(Capability_index index) { return Self{index}; }
    static constexpr Self borrow(Capability_index index) {
        return Self{index, Ownership::borrowed};
    }

    // A second capability to the same object, with the same or fewer permissions; a badge only for
    // an unbadged Endpoint or Notification. Errors: those of capability_copy.
    Result<Self> copy(Permissions permissions = all_permissions, uint64_t badge = 0) const {
        return own(TRY(capability_copy(self_process, index(), permissions, badge)));
    }
};

} // namespace lavandin
