// SPDX-License-Identifier: MIT
// The capabilities of a process. Pages of slots are added as needed and paid for by its quota.
//
//   slot 0 is never used; slot 1 is the process itself, held without a reference (a process must
//   not keep itself alive); free slots form a list.
#pragma once

#include <kernel/object.hpp>

namespace kernel {

class Process;

struct Capability {
    Ref<Object> object;
    Permissions permissions{0};
    uint64_t badge{0};
};

class Capability_table {
public:
    static constexpr uint64_t most_slots = 4096;

    explicit Capability_table(Process& owner) : _owner{owner} {}
    ~Capability_table() { clear(); }

    // Error: invalid_capability.
    Result<Capability> find(abi::Capability_index index);

    // The object behind a slot if it is a T with at least these permissions.
    // Errors: invalid_capability, wrong_type, permission_denied.
    template <typename T>
    Result<Ref<T>> find(abi::Capability_index index, Permissions needed,
                        uint64_t* badge = nullptr) {
        Capability const capability = TRY(find(index));
        if (capability.object->type() != T::object_type)
            return Error::wrong_type;
        if ((capability.permissions & needed) != needed)
            return Error::permission_denied;
        if (badge)
            *badge = capability.badge;
        return Ref<T>{static_cast<T&>(*capability.object)};
    }

    // Errors: quota_exceeded, out_of_memory, table_full.
    Result<abi::Capability_index> add(Capability const& capability);

    // Errors: invalid_capability, invalid_argument (slot 1).
    Result<void> remove(abi::Capability_index index);

    // Empties everything and returns the pages. Nothing can be added afterwards.
    void clear();

private:
    struct Slot {
        Object* object; // null: free
        uint64_t badge_or_next;
        Permissions permissions;
    };
    static constexpr uint64_t page_slots = page_size / sizeof(Slot);
    static constexpr uint64_t most_pages = most_slots / page_slots;

    Slot* slot(abi::Capability_index index);
    Result<void> add_page();

    Lock _lock; // guards everything
    Process& _owner;
    Slot* _pages[most_pages]{};
    uint64_t _page_count{0};
    uint64_t _free{0}; // index of the first free slot; 0 for none
    bool _closed{false};
};

} // namespace kernel
