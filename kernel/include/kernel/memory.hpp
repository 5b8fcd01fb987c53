// SPDX-License-Identifier: MIT
// A region of frames that can be mapped.
//
// A copy has the same frames as what it was copied from until one of the two writes to a page; the
// writer then gets a frame of its own, in all its mappings. The frame pool's word of a frame counts
// the regions that share it. Each region is charged for all its pages from the beginning, so that
// a write never lacks quota. A region with many mappings shares nothing, so that a write never
// changes many.
//
// Frames that are not from the pool (the boot image, pages shared with the other side of a device)
// are lent: they are not charged and never return to the pool.
#pragma once

#include <kernel/leftover.hpp>
#include <kernel/mapping.hpp>
#include <kernel/object.hpp>

namespace kernel {

class Process;

// Who writes to a region as the kernel, and is told before it goes.
class Memory_writer {
public:
    virtual void memory_goes() = 0;

protected:
    ~Memory_writer() = default;
};

class Memory final : public Object, public Leftover {
public:
    static constexpr Object_type object_type = Object_type::memory;
    static constexpr uint64_t largest = 16 * 1024 * 1024; // bytes

    enum class Lent : uint8_t {
        constant, // nobody writes to them
        changing, // somebody outside may write at any time
    };

    explicit Memory(Ref<Quota> quota) : Object{object_type, static_cast<Ref<Quota>&&>(quota)} {}

    // What one step of a long operation takes.
    static constexpr uint64_t fill_step = 8; // pages
    static constexpr uint64_t copy_step = 16;

    // Takes zeroed frames, charged to the quota, until there are `count`. Errors: quota_exceeded,
    // out_of_memory.
    Result<void> fill(uint64_t count);
    // Covers frames that somebody else provides. Errors: quota_exceeded, out_of_memory.
    Result<void> cover(Pfn first, uint64_t count, Lent how);
    // Continues with what `count` pages of `source` from `first` on hold now. Errors:
    // quota_exceeded, out_of_memory.
    Result<void> copy(Memory& source, uint64_t first, uint64_t count);
    // So many at once, as from each of them all mappings of the source may change.
    static uint64_t copy_step_of(Memory const& source) {
        uint64_t const mappings = source._mapping_count;
        return mappings > 1 && mappings <= most_sharing_mappings ? copy_step / mappings : copy_step;
    }

    // Before it gets one more mapping: one that has as many as may share pages with copies shares
    // none any more, now and later. One step; true when there is more to do. Error: out_of_memory.
    Result<bool> separate_step();

    // The pages behind those that a mapping shows so far, `count` of them, are entered into its
    // process's address space. We know a mapping from the first such page on.
    void enter(Mapping& mapping, uint64_t count, arch::Table_reserve& tables);
    void remove(Mapping& mapping);
    // The rest of a mapping that has been split.
    void add_rest(Mapping& rest);
    // Where mappings of ours lie changes only in here.
    template <typename Change>
    void change(Change change) {
        Lock_guard const guard{_lock};
        change();
    }

    // A page gets a frame that no other region shares. Error: out_of_memory.
    Result<void> own(uint64_t page);
    // The same, and it can be written where `mapping`, which may be written, shows it.
    Result<void> allow_write(Mapping& mapping, uint64_t page);

    // Others outside are to write to our frames: from now on copies are made at once, and frames
    // that pages share already go once `pin_step` has been done until there is nothing left.
    // Whoever pins also holds a reference: the frames do not return to the pool before that is
    // gone.
    void pin();
    // One step from `page` on, which it moves; true when there is more to do. Error: out_of_memory.
    Result<bool> pin_step(uint64_t& page);
    void unpin();

    // A region of one page that the kernel writes to as long as it lives: where it does.
    // Errors: out_of_memory, quota_exceeded.
    Result<void*> fill_for_kernel(Memory_writer* writer);
    void set_writer(Memory_writer* writer) { _writer = writer; }

    uint64_t count() const { return _count; } // frames
    Pfn frame(uint64_t index) const { return _lists[index / list_length][index % list_length]; }

    void last_reference_gone() override;
    void take_apart() override;

private:
    static constexpr uint64_t release_step = 128; // frames
    static constexpr uint64_t list_length = page_size / sizeof(Pfn);
    static constexpr uint64_t most_lists = largest / page_size / list_length;
    static constexpr uint64_t most_sharing_mappings = 8;
    static constexpr uint64_t look_step = 64; // pages

    Pfn& place(uint64_t index) { return _lists[index / list_length][index % list_length]; }
    Result<void> add(Pfn frame);
    Result<void> add_charged(Pfn frame);
    Result<void> own_locked(uint64_t page); // one that is shared
    Result<bool> own_step(uint64_t& page);
    void forbid_writes(uint64_t first, uint64_t count);
    void show(uint64_t page);
    void release_some();

    Lock _lock; // guards frames, mappings and where they lie
    List<Mapping, Memory_tag> _mappings;
    uint64_t _mapping_count{0};
    uint64_t _separated{0}; // pages that are shared no more, of one with many mappings
    Pfn* _lists[most_lists]{};
    uint64_t _count{0};
    uint64_t _pins{0};
    Memory_writer* _writer{nullptr};
    bool _written_by_kernel{false};
    bool _charged{true};
    bool _separate{false}; // copies are made at once for ever
    bool _changing{false}; // by somebody outside
};

} // namespace kernel
