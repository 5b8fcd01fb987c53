// SPDX-License-Identifier: MIT
#include "backend.hpp"

#include <algorithm>
#include <lavandin/console_protocol.hpp>
#include <lavandin/thread_pointer.hpp>

namespace lavandin::console {

size_t Ring_backend::write(std::string_view text) {
    size_t const written = _ring.write(text);
    if (written != 0)
        static_cast<void>(_interrupt.raise());
    return written;
}

size_t Ring_backend::read(std::span<char> to) {
    size_t const bytes = _ring.read(to);
    if (bytes != 0)
        static_cast<void>(_interrupt.raise()); // there is room for more
    return bytes;
}

size_t Platform_backend::write(std::string_view text) {
    size_t const bytes = std::min<size_t>(text.size(), console_protocol::maximum_bytes);
    auto* const buffer = reinterpret_cast<char*>(message_buffer().words);
    size_t length = 0;
    for (size_t i = 0; i < bytes; ++i) // the platform puts a CR before each newline itself
        if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n')
            buffer[length++] = text[i];
    static_cast<void>(console_write(_system.index(), length)); // nobody to tell of a failure
    return bytes;
}

size_t Platform_backend::read(std::span<char> to) {
    auto const size = console_read(_system.index());
    size_t const bytes = size.ok() ? std::min<size_t>(size.value(), to.size()) : 0;
    memcpy(to.data(), message_buffer().words, bytes);
    return bytes;
}

} // namespace lavandin::console
