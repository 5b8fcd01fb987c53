// SPDX-License-Identifier: MIT
// Which pages of an area are taken; runs of them, first fit. Pure logic.
#pragma once

#include <kernel/result.hpp>
#include <stdint.h>

namespace kernel {

template <unsigned pages>
class Page_runs {
public:
    // `count` pages in a row, 1 or more. Error: out_of_memory.
    Result<uint64_t> take(uint64_t count) {
        uint64_t run = 0;
        for (uint64_t page = 0; page < pages; ++page) {
            run = taken(page) ? 0 : run + 1;
            if (run == count) {
                mark(page + 1 - count, count);
                return page + 1 - count;
            }
        }
        return Error::out_of_memory;
    }

    void give(uint64_t first, uint64_t count) { mark(first, count); }

private:
    bool taken(uint64_t page) const { return (_words[page / 64] >> page % 64 & 1) != 0; }
    void mark(uint64_t first, uint64_t count) {
        for (uint64_t page = first; page < first + count; ++page)
            _words[page / 64] ^= uint64_t{1} << page % 64;
    }

    static_assert(pages % 64 == 0);
    uint64_t _words[pages / 64]{};
};

} // namespace kernel
