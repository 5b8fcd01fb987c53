// SPDX-License-Identifier: MIT
// All free frames, and one word per frame for whoever has it: the Memory that owns a user frame, or
// a link for lists of frames that cannot be written (page tables).
#pragma once

#include <kernel/frame_allocator.hpp>
#include <kernel/lock.hpp>
#include <kernel/result.hpp>

namespace kernel {

class Frame_pool {
public:
    // `bitmap` and `words` cover `frames` frames and are zeroed.
    void start(uint64_t* bitmap, uint64_t* words, uint64_t frames);
    bool ready() const { return _words != nullptr; }

    void add(Pfn begin, Pfn end);

    // Contents are not cleared. When no frame is free, empty page tables that wait to be used are
    // given up. Error: out_of_memory.
    Result<Pfn> take_for_kernel();
    Result<Pfn> take_for_user();
    // Without giving anything up. Error: out_of_memory.
    Result<Pfn> take_free();
    void give(Pfn frame);

    uint64_t& link(Pfn frame) { return _words[frame.value]; }

    uint64_t free() const { return _allocator.free(); }
    // Page tables may have to be given up soon, which takes long for each.
    bool scarce() const { return free() < few; }
    uint64_t total() const { return _allocator.total(); }

private:
    static constexpr uint64_t few = 32; // frames: more than any step takes

    Lock _lock; // guards _allocator
    Frame_allocator _allocator;
    uint64_t* _words{nullptr};
};

Frame_pool& frame_pool();

// A zeroed frame mapped into the kernel, and back. Error: out_of_memory.
Result<void*> take_kernel_page();
void give_kernel_page(void* page);

} // namespace kernel
