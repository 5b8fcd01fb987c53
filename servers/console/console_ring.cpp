// SPDX-License-Identifier: MIT
#include "console_ring.hpp"

namespace lavandin::console {

size_t Console_ring::write(std::string_view text) {
    size_t const written = _out.write(text);
    if (!_out.damaged())
        return written;
    ++_faults;
    _out.resynchronise();
    return text.size();
}

size_t Console_ring::read(std::span<char> to) {
    size_t const bytes = _in.read(to.data(), to.size());
    if (_in.damaged()) {
        ++_faults;
        _in.resynchronise();
    }
    return bytes;
}

} // namespace lavandin::console
