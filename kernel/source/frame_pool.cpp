// SPDX-License-Identifier: MIT
#include <arch/address_space.hpp>
#include <arch/frames.hpp>
#include <kernel/frame_pool.hpp>

namespace kernel {

namespace {
Frame_pool pool;
}

Frame_pool& frame_pool() { return pool; }

void Frame_pool::start(uint64_t* bitmap, uint64_t* words, uint64_t frames) {
    _allocator.start(bitmap, frames);
    _words = words;
}

void Frame_pool::add(Pfn begin, Pfn end) {
    Lock_guard const guard{_lock};
    for (Pfn frame = begin; frame < end; ++frame.value)
        _allocator.add(frame);
}

Result<Pfn> Frame_pool::take_free() {
    Lock_guard const guard{_lock};
    Pfn const frame = _allocator.take_low();
    return frame == no_frame ? Result<Pfn>{Error::out_of_memory} : frame;
}

Result<Pfn> Frame_pool::take_for_kernel() {
    for (;;) {
        auto const frame = take_free();
        if (frame.ok() || !arch::free_pooled_table())
            return frame;
    }
}

Result<Pfn> Frame_pool::take_for_user() {
    for (;;) {
        {
            Lock_guard const guard{_lock};
            if (Pfn const frame = _allocator.take_high(); frame != no_frame)
                return frame;
        }
        if (!arch::free_pooled_table())
            return Error::out_of_memory;
    }
}

void Frame_pool::give(Pfn frame) {
    Lock_guard const guard{_lock};
    _words[frame.value] = 0;
    _allocator.give(frame);
}

Result<void*> take_kernel_page() {
    Pfn const frame = TRY(pool.take_for_kernel());
    auto const page = arch::map_frame(frame);
    if (!page.ok()) {
        pool.give(frame);
        return page.error();
    }
    __builtin_memset(page.value(), 0, page_size);
    return page.value();
}

void give_kernel_page(void* page) {
    Pfn const frame = arch::frame_of(page);
    arch::unmap_frame(frame);
    pool.give(frame);
}

} // namespace kernel
