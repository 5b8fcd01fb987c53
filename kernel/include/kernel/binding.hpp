// SPDX-License-Identifier: MIT
// A lasting connection that a system call made between two objects by a capability to each, such as
// an interrupt and the notification it signals. It ends with the revocation of either.
#pragma once

#include <kernel/capability_table.hpp>

namespace kernel {

class Binding {
public:
    // `owner` contains the binding; its binding_revoked() ends the connection.
    explicit Binding(Object& owner) : _nodes{Node{owner}, Node{owner}} {}
    ~Binding() { detach(); }

    // The capabilities that the connection was made by: slots of `table` that hold these objects.
    // False, and nothing is attached, when they do not (any more).
    bool attach(Capability_table& table, abi::Capability_index a, Object const& to_a,
                abi::Capability_index b, Object const& to_b) {
        detach();
        bool const both = table.derive(a, to_a, _nodes[0]) && table.derive(b, to_b, _nodes[1]);
        if (!both)
            detach();
        return both;
    }
    // The same when there is but one.
    bool attach(Capability_table& table, abi::Capability_index slot, Object const& to) {
        detach();
        return table.derive(slot, to, _nodes[0]);
    }
    void detach() {
        Lock_guard const guard{derivation_lock};
        for (Node& node : _nodes) {
            node.remove();
            node.revoked = false;
        }
    }

    // Since it was attached. For owners of more than one.
    bool revoked() const { return _nodes[0].revoked || _nodes[1].revoked; }
    // What hangs below it goes with the capability, too.
    Derivation_node& first() { return _nodes[0]; }

    struct Node : Derivation_node {
        explicit Node(Object& object) : Derivation_node{Kind::binding}, owner{object} {}
        Object& owner;
        bool revoked{false};
    };

private:
    Node _nodes[2];
};

} // namespace kernel
