// SPDX-License-Identifier: MIT
#include <kernel/object.hpp>

namespace kernel {

namespace {
uint64_t counts[abi::object_types];
}

Object::Object(Object_type type, Ref<Quota> quota)
    : _quota{static_cast<Ref<Quota>&&>(quota)}, _type{type} {
    __atomic_fetch_add(&counts[static_cast<unsigned>(type)], 1, __ATOMIC_RELAXED);
}

Object::~Object() {
    __atomic_fetch_sub(&counts[static_cast<unsigned>(_type)], 1, __ATOMIC_RELAXED);
}

uint64_t object_count(Object_type type) {
    return __atomic_load_n(&counts[static_cast<unsigned>(type)], __ATOMIC_RELAXED);
}

// A quota is no Object: nobody holds a capability to it. It pays for itself out of its parent,
// which may have waited for nothing else. A loop, because the line of parents may be of any length.
void Quota::last_reference_gone() {
    for (Quota* gone = this; gone;) {
        Quota* const above = gone->_parent.release();
        uint64_t const bytes = gone->_limit + slab_of<Quota>().object_bytes();
        gone->~Quota();
        slab_of<Quota>().release(gone);
        above->refund(bytes);
        gone = above->drop() ? above : nullptr;
    }
}

} // namespace kernel
