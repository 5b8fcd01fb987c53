// SPDX-License-Identifier: MIT
// capability_revoke, in steps. What comes to be derived meanwhile goes, too, so that it may last as
// long as somebody goes on deriving.
#pragma once

#include <kernel/operation.hpp>
#include <kernel/process.hpp>
#include <kernel/revocation.hpp>

namespace kernel {

class Revoke_operation final : public Operation {
public:
    Revoke_operation(Ref<Process> place, abi::Capability_index index)
        : _place{static_cast<Ref<Process>&&>(place)}, _index{index} {}

    bool step(Thread& caller) override {
        auto const more = revoke_step(_place->table(), _index);
        if (more.ok() && more.value())
            return true;
        caller.registers().answer(more.error());
        return false;
    }
    void end() override { this->~Revoke_operation(); }

private:
    Ref<Process> _place;
    abi::Capability_index const _index;
};

} // namespace kernel
