// SPDX-License-Identifier: MIT
// A page of a region that another machine may use. It keeps the region and pins it (its frames stay
// what they are) until that machine has let go of it, also when nobody here refers to either any
// more.
//
//   new --prepare()--> pinned --start()--> active
//
//   active --end(), revocation, last reference--> ended      when the frame is not in use there
//                                             --> lingering  when it is; tried again later
//   pinned --the same--> ended
//
// A grant has no lock: who starts, ends or retries one is exclusive (gate.hpp). lingering_lock
// (grant.cpp) guards the list of those that linger, whose length is also read without it.
#pragma once

#include <arch/grants.hpp>
#include <kernel/binding.hpp>
#include <kernel/list.hpp>
#include <kernel/memory.hpp>

namespace kernel {

struct Lingering_tag : List_link {};

class Grant final : public Object, public Lingering_tag {
public:
    static constexpr Object_type object_type = Object_type::grant;

    explicit Grant(Ref<Quota> quota) : Object{object_type, static_cast<Ref<Quota>&&>(quota)} {}

    // By capabilities in slots of `table`, of which the revocation of either ends it.
    struct Authority {
        Capability_table& table;
        abi::Capability_index system_slot;
        Object const& system;
        abi::Capability_index memory_slot;
    };
    // Once. Error: invalid_capability (a slot has changed).
    Result<void> prepare(Ref<Memory> memory, Authority const& authority);
    // One step towards frames that are the region's alone. True when there is more to do. Errors:
    // out_of_memory, invalid_capability (an authority was revoked).
    Result<bool> prepare_step();
    // Behind that, once. Errors: not_supported, table_full, out_of_memory.
    Result<void> start(uint64_t page, arch::Machine_number machine, bool writable);
    // Error: busy (in use there; nothing has changed). Does nothing when it has ended.
    Result<void> end();

    arch::Grant_reference reference() const { return _reference; }

    void binding_revoked() override;
    void last_reference_gone() override;

private:
    friend void end_lingering_grants();
    bool try_to_end();

    bool _active{false};
    bool _unreferenced{false}; // the end of the grant is the object's
    arch::Grant_reference _reference{0};
    uint64_t _prepared{0}; // pages
    Ref<Memory> _memory;   // which is pinned
    Binding _binding{*this};
};

// Tries again what others had in use. Cheap when there is nothing to try.
void end_lingering_grants();

} // namespace kernel
