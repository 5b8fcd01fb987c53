// SPDX-License-Identifier: MIT
// What has been derived is found under derivation_lock and kept from going away; what follows from
// its end happens without the lock, because it takes the locks of other objects.
#include <kernel/binding.hpp>
#include <kernel/process.hpp>
#include <kernel/revocation.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

namespace {

using Kind = Derivation_node::Kind;

// What one step took out of the tree; at most one of these.
struct Taken {
    bool any{true};
    Capability capability;
    Ref<Thread> waiting;
    Ref<Process> mapped; // goes after the mapping
    Ref<Mapping> mapping;
    Ref<Object> bound;
};

// One on its way out leaves the tree by itself.
template <typename T>
Ref<T> keep(T& object) {
    Ref<T> kept;
    if (object.acquire_if_any()) {
        kept = Ref<T>{object};
        (void)object.drop();
    }
    return kept;
}

Taken take(Derivation_node& node) {
    Taken taken;
    switch (node.kind()) {
    case Kind::capability:
        taken.capability = Capability_table::take(node);
        break;
    case Kind::waiting_thread:
        node.remove();
        taken.waiting = keep(static_cast<Thread&>(node));
        break;
    case Kind::mapping: // it stays in the tree until its last page is gone
        taken.mapped = keep(static_cast<Mapping&>(node).process());
        if (taken.mapped)
            taken.mapping = Ref<Mapping>{static_cast<Mapping&>(node)};
        else
            node.remove();
        break;
    case Kind::binding:
        node.remove();
        static_cast<Binding::Node&>(node).revoked = true;
        taken.bound = keep(static_cast<Binding::Node&>(node).owner);
        break;
    }
    return taken;
}

void finish(Taken const& taken) {
    if (taken.capability.object)
        Capability_table::dropped(taken.capability);
    if (taken.waiting) {
        taken.waiting->cancel(Error::invalid_capability);
        make_ready(*taken.waiting);
    }
    if (taken.mapping)
        taken.mapped->mappings().revoke_part(*taken.mapping);
    if (taken.bound)
        taken.bound->binding_revoked();
}

Result<Taken> take_first(Capability_table& table, abi::Capability_index index) {
    Lock_guard const guard{derivation_lock};
    Derivation_node* const node = TRY(table.first_derived(index));
    if (!node)
        return Taken{false, {}, {}, {}, {}, {}};
    return take(*node);
}

} // namespace

Result<bool> revoke_step(Capability_table& table, abi::Capability_index index) {
    {
        Taken const taken = TRY(take_first(table, index));
        if (!taken.any)
            return false;
        finish(taken);
    }
    Lock_guard const guard{derivation_lock};
    auto const next = table.first_derived(index);
    return next.ok() && next.value();
}

} // namespace kernel
