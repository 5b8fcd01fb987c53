// SPDX-License-Identifier: MIT
// The user address space of a process: one top-level table without kernel mappings.
#pragma once

#include <kernel/lock.hpp>
#include <kernel/quota.hpp>
#include <kernel/result.hpp>
#include <kernel/types.hpp>

namespace arch {

enum class Rights : uint64_t { read = 1, read_write = 3, read_execute = 5 };

// Where the frames of a mapping come from: page i is `frame(of, i)`.
struct Frame_source {
    kernel::Pfn (*frame)(void const* of, uint64_t index);
    void const* of;
};

class Address_space {
public:
    // Tables are charged to `quota`, which must outlive the address space.
    // Errors: quota_exceeded, out_of_memory.
    kernel::Result<void> create(kernel::Quota& quota);
    // Takes out every page; `removed` is told each frame. Idempotent.
    void destroy(void (*removed)(kernel::Pfn frame));
    bool exists() const { return _top != kernel::no_frame; }

    // Maps `count` pages from `address` on, 16 MiB at most.
    // Errors: already_mapped, quota_exceeded, out_of_memory; nothing changes then.
    kernel::Result<void> map(kernel::User_address address, Frame_source const& frames,
                             uint64_t count, Rights rights);
    // Maps one page that belongs to the kernel: unmap refuses it. Same errors.
    kernel::Result<void> map_kernel_page(kernel::User_address address, kernel::Pfn frame);

    // Errors: not_mapped, invalid_argument (a page is the kernel's); nothing changes then.
    kernel::Result<void> unmap(kernel::User_address address, uint64_t count,
                               void (*removed)(kernel::Pfn frame));
    // Takes out one page that belongs to the kernel.
    void unmap_kernel_page(kernel::User_address address);

    kernel::Pfn top() const { return _top; }

private:
    kernel::Lock _lock; // guards the tables
    kernel::Quota* _quota{nullptr};
    kernel::Pfn _top{kernel::no_frame};
};

struct Table_counts {
    uint64_t in_use;
    uint64_t pooled;
};
Table_counts table_counts();

// An empty table that waits to be used becomes an ordinary free frame. False when there is none.
bool free_pooled_table();

} // namespace arch
