// SPDX-License-Identifier: MIT
// The two byte rings of Xen's console page (io/console.h), with the backend treated as hostile.
#pragma once

#include <lavandin/byte_ring.hpp>
#include <span>
#include <stdint.h>
#include <string_view>
#include <xen/io/console.h>

namespace lavandin::console {

class Console_ring {
public:
    // Takes the counts as it finds them: the kernel or a boot loader has used the ring before.
    explicit Console_ring(xencons_interface& page)
        : _out{page.out, &page.out_prod, &page.out_cons}, _in{page.in, &page.in_cons,
                                                              &page.in_prod} {}

    // Writes the beginning of `text` that fits and answers its length. When the backend's count
    // cannot be, everything counts as written and is lost.
    size_t write(std::string_view text);

    // Reads what there is, up to the size of `to`. When the backend's count cannot be, nothing.
    size_t read(std::span<char> to);

    // True when the backend has taken everything.
    bool drained() const { return _out.drained(); }

    // How often the backend published a count that cannot be.
    uint64_t faults() const { return _faults; }

private:
    Ring_producer<sizeof(xencons_interface::out)> _out;
    Ring_consumer<sizeof(xencons_interface::in)> _in;
    uint64_t _faults{0};
};

} // namespace lavandin::console
