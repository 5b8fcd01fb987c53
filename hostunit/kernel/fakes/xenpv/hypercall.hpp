// SPDX-License-Identifier: MIT
// The hypercalls of page tables, carried out by a Xen that checks more than the real one
// (fakes/xen.cpp).
#pragma once

#include <xenpv/frame_types.hpp>
#include <xenpv/start_info.hpp>
#include <xenpv/xen.hpp>

namespace xenpv {

struct [[nodiscard]] Status {
    int64_t value;

    constexpr bool ok() const { return value >= 0; }
};

namespace hypercall {

Status mmu_update(mmu_update_t const* updates, uint64_t count);
Status mmuext_op(mmuext_op_t const* operations, uint64_t count);

} // namespace hypercall
} // namespace xenpv
