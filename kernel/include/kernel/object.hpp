// SPDX-License-Identifier: MIT
// What all kernel objects have in common: a type, a reference count, and a quota that pays.
#pragma once

#include <kernel/frame_pool.hpp>
#include <kernel/placement_new.hpp>
#include <kernel/quota.hpp>
#include <kernel/reference.hpp>
#include <kernel/slab.hpp>
#include <lavandin/abi/capability.hpp>

namespace kernel {

using abi::Object_type;
using abi::Permissions;

class Object : public Counted {
public:
    Object_type type() const { return _type; }
    Quota& quota() const { return *_quota; }

    // The end of the object's life: releases what it holds and frees its memory.
    virtual void last_reference_gone() = 0;

    // A capability with these permissions came into being or went away.
    virtual void capability_added(Permissions) {}
    virtual void capability_removed(Permissions) {}
    // A capability by which a binding (binding.hpp) of ours was made was revoked: it ends.
    virtual void binding_revoked() {}

protected:
    Object(Object_type type, Ref<Quota> quota);
    ~Object();

private:
    Ref<Quota> _quota;
    Object_type const _type;
};

// Live objects by type.
uint64_t object_count(Object_type type);

struct Kernel_pages {
    static Result<void*> take() { return take_kernel_page(); }
    static void give(void* page) { give_kernel_page(page); }
};

// The slab that all objects of type T come from.
template <typename T>
Slab<Kernel_pages>& slab_of() {
    static constinit Slab<Kernel_pages> slab{sizeof(T)};
    return slab;
}

// Makes a T that `quota` pays for. Errors: quota_exceeded, out_of_memory.
template <typename T, typename... Arguments>
Result<Ref<T>> make(Ref<Quota> const& quota, Arguments&&... arguments) {
    auto& slab = slab_of<T>();
    TRY_VOID(quota->charge(slab.object_bytes()));
    auto const memory = slab.allocate();
    if (!memory.ok()) {
        quota->refund(slab.object_bytes());
        return memory.error();
    }
    return Ref<T>{*new (memory.value()) T(quota, static_cast<Arguments&&>(arguments)...)};
}

// Ends a T made by make().
template <typename T>
void unmake(T& object) {
    Ref<Quota> const quota{object.quota()};
    object.~T();
    slab_of<T>().release(&object);
    quota->refund(slab_of<T>().object_bytes());
}

} // namespace kernel
