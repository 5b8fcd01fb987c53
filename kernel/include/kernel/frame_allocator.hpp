// SPDX-License-Identifier: MIT
// Which frames are free: one bit each. Kernel frames are taken from the low end and user frames
// from the high end, so that the kernel's window needs few page tables.
//
// Pure logic: the caller provides the bitmap and the locking.
#pragma once

#include <kernel/types.hpp>

namespace kernel {

class Frame_allocator {
public:
    static constexpr uint64_t bitmap_words(uint64_t frames) { return (frames + 63) / 64; }

    // `bitmap` holds bitmap_words(frames) words, all zero: no frame is free yet.
    void start(uint64_t* bitmap, uint64_t frames) {
        _bitmap = bitmap;
        _words = bitmap_words(frames);
        _frames = frames;
        _low = 0;
        _high = _words;
    }

    // A frame becomes free for the first time.
    void add(Pfn frame) {
        ++_total;
        give(frame);
    }

    void give(Pfn frame) {
        uint64_t const word = frame.value / 64;
        _bitmap[word] |= uint64_t{1} << frame.value % 64;
        ++_free;
        _low = word < _low ? word : _low;
        _high = word >= _high ? word + 1 : _high;
    }

    // no_frame when there is none.
    Pfn take_low() {
        for (; _low < _words; ++_low)
            if (_bitmap[_low])
                return take(_low, static_cast<uint64_t>(__builtin_ctzl(_bitmap[_low])));
        return no_frame;
    }

    Pfn take_high() {
        for (; _high > 0; --_high)
            if (_bitmap[_high - 1])
                return take(_high - 1,
                            63 - static_cast<uint64_t>(__builtin_clzl(_bitmap[_high - 1])));
        return no_frame;
    }

    bool contains(Pfn frame) const {
        return frame.value < _frames && (_bitmap[frame.value / 64] >> frame.value % 64 & 1) != 0;
    }

    uint64_t free() const { return _free; }
    uint64_t total() const { return _total; }

private:
    Pfn take(uint64_t word, uint64_t bit) {
        _bitmap[word] &= ~(uint64_t{1} << bit);
        --_free;
        return Pfn{word * 64 + bit};
    }

    uint64_t* _bitmap{nullptr};
    uint64_t _words{0};
    uint64_t _frames{0};
    uint64_t _low{0};  // no free frame in words below
    uint64_t _high{0}; // no free frame in words from here on
    uint64_t _free{0};
    uint64_t _total{0};
};

} // namespace kernel
