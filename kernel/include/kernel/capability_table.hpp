// SPDX-License-Identifier: MIT
// The capabilities of a process. Pages of slots are added as needed and paid for by its quota.
//
//   page:  [ header: table, page number ] [ slot ] [ slot ] ...     64 of 64 bytes each
//
// Slots 0, 64, 128 and so on are the pages' headers and hold nothing; slot 1 is the process itself,
// held without a reference (a process must not keep itself alive), and lies in the table, not in a
// page; free slots form a list. Each slot is a node of the derivation tree (derivation.hpp): a copy
// hangs below what it was made from.
#pragma once

#include <kernel/derivation.hpp>
#include <kernel/object.hpp>
#include <lavandin/abi/process.hpp>

namespace kernel {

class Process;

// Guards every link of the derivation tree. Slots change under it and their table's lock, so that
// either is enough to look at one.
extern Lock derivation_lock;

struct Capability {
    Ref<Object> object;
    Permissions permissions{0};
    uint64_t badge{0};
};

class Capability_table {
public:
    static constexpr uint64_t most_slots = 4096;

    explicit Capability_table(Process& owner);
    ~Capability_table() {
        close();
        while (clear_step())
            ;
    }

    // Error: invalid_capability.
    Result<Capability> find(abi::Capability_index index);

    // The object behind a slot if it is a T with at least these permissions.
    // Errors: invalid_capability, wrong_type, permission_denied.
    template <typename T>
    Result<Ref<T>> find(abi::Capability_index index, Permissions needed,
                        uint64_t* badge = nullptr) {
        Lock_guard const guard{_lock};
        Slot const* const found = used_slot(index);
        if (!found)
            return Error::invalid_capability;
        if (found->object->type() != T::object_type)
            return Error::wrong_type;
        if ((found->permissions & needed) != needed)
            return Error::permission_denied;
        if (badge)
            *badge = found->badge_or_next;
        return Ref<T>{static_cast<T&>(*found->object)};
    }

    // For who has entered shared: tables and what is in them stay as they are, so that no reference
    // is needed. Nullptr in all cases in which find() fails.
    template <typename T>
    T* look(abi::Capability_index index, Permissions needed, uint64_t* badge = nullptr) {
        Slot const* const found = slot(index);
        if (!found || !found->object || found->object->type() != T::object_type ||
            (found->permissions & needed) != needed)
            return nullptr;
        if (badge)
            *badge = found->badge_or_next;
        return static_cast<T*>(found->object);
    }
    // For who has entered shared, has looked up slot `index` and holds the lock of its object: what
    // hangs below capabilities to one object is one tree.
    void derive_quietly(abi::Capability_index index, Derivation_node& node) {
        slot(index)->add_child(node);
    }

    // A capability that is derived from no other. Errors: quota_exceeded, out_of_memory,
    // table_full.
    Result<abi::Capability_index> add(Capability const& capability);

    // The same, below slot `above`. Errors also: invalid_capability (that does not hold `object`
    // any more).
    Result<abi::Capability_index> add_derived(Capability const& capability,
                                              abi::Capability_index above, Object const& object);

    // Makes sure of a free slot, for a call that has more to do before it adds. True when there was
    // none; the call that fails later then takes the room back. Errors: those of add.
    Result<bool> make_room();
    void take_back_room();

    // A copy, in `to`, of slot `index`, derived from it. Errors: invalid_capability, wrong_type
    // (the type takes no badge), invalid_argument (it has a badge already, or no permission is
    // left), peer_died (the process of `to` has ended), and those of add.
    Result<abi::Capability_index> copy(abi::Capability_index index, Capability_table& to,
                                       Permissions permissions, uint64_t badge);

    // Makes `node`, which is alone, a child of slot `index`: it goes when that is revoked. False
    // when the slot does not hold `object` (any more).
    bool derive(abi::Capability_index index, Object const& object, Derivation_node& node);

    // Errors: invalid_capability, invalid_argument (slot 1).
    Result<void> remove(abi::Capability_index index);

    // What hangs first below a slot, or nullptr. The caller holds derivation_lock.
    // Error: invalid_capability.
    Result<Derivation_node*> first_derived(abi::Capability_index index);
    // Empties the slot behind `node`, which is a capability. The caller holds derivation_lock and
    // hands the result to dropped() when it does not hold it any more.
    static Capability take(Derivation_node& node);
    static void dropped(Capability const& capability);

    // Nothing can be added any more.
    void close();
    // One step of emptying a closed table and returning its pages. False when nothing is left, also
    // afterwards.
    bool clear_step();

private:
    struct Slot : Derivation_node {
        explicit Slot(Object* held = nullptr) : Derivation_node{Kind::capability}, object{held} {}
        Object* object; // null: free, or a header
        union {
            uint64_t badge_or_next{0};
            Capability_table* table; // of a header
        };
        union {
            Permissions permissions{0};
            uint16_t page; // of a header: its number
        };
    };
    static_assert(sizeof(Slot) == 64);
    static constexpr uint64_t page_slots = page_size / sizeof(Slot);
    static constexpr uint64_t most_pages = most_slots / page_slots;
    static constexpr uint64_t look_step = 512; // slots

    static Slot& header_of(Slot& slot);

    Slot* slot(abi::Capability_index index) {
        uint64_t const page = index / page_slots;
        return page < _page_count ? _pages[page] + index % page_slots : nullptr;
    }
    // nullptr when it holds nothing.
    Slot* used_slot(abi::Capability_index index) {
        Slot* const found = slot(index);
        if (found && found->object)
            return found;
        return index == abi::self_process ? &_self : nullptr;
    }
    Result<void> add_page();
    Result<abi::Capability_index> add_below(Capability const& capability, Derivation_node* parent);

    Lock _lock; // guards everything but the links between slots
    Process& _owner;
    Slot _self;
    Slot* _pages[most_pages]{};
    uint16_t _page_count{0};
    bool _closed{false};
    uint32_t _cleared{0}; // once it is closed: slots below are empty
    uint64_t _free{0};    // index of the first free slot; 0 for none
};

} // namespace kernel
