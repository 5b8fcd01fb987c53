// SPDX-License-Identifier: MIT
// A region of frames that can be mapped. Each mapped page holds a reference, so that frames outlive
// every use of them.
#pragma once

#include <arch/address_space.hpp>
#include <kernel/object.hpp>

namespace kernel {

class Process;

class Memory final : public Object {
public:
    static constexpr Object_type object_type = Object_type::memory;
    static constexpr uint64_t largest = 16 * 1024 * 1024; // bytes

    explicit Memory(Ref<Quota> quota) : Object{object_type, static_cast<Ref<Quota>&&>(quota)} {}

    // Takes `count` zeroed frames, charged to the quota. Errors: quota_exceeded, out_of_memory.
    Result<void> fill(uint64_t count);
    // Covers frames that somebody else provides and that never return to the pool.
    Result<void> cover(Pfn first, uint64_t count);

    // Maps `count` frames from `first` on into a process. Errors: already_mapped, quota_exceeded,
    // out_of_memory; nothing changes then.
    Result<void> map(Process& process, User_address address, uint64_t first, uint64_t count,
                     arch::Rights rights);

    uint64_t count() const { return _count; } // frames
    Pfn frame(uint64_t index) const { return _lists[index / list_length][index % list_length]; }

    void last_reference_gone() override;

private:
    static constexpr uint64_t list_length = page_size / sizeof(Pfn);
    static constexpr uint64_t most_lists = largest / page_size / list_length;

    Result<void> add(Pfn frame);
    Result<void> add_zeroed();
    void release_all();

    Pfn* _lists[most_lists]{};
    uint64_t _count{0};
    bool _borrowed{false};
};

} // namespace kernel
