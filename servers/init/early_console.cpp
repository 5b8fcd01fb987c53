// SPDX-License-Identifier: MIT
#include "early_console.hpp"

#include "../console/console_ring.hpp"

#include <algorithm>
#include <lavandin/thread_pointer.hpp>

namespace lavandin::init {

void Early_console::line(std::string_view text) {
    if (_boot.console_ring == 0)
        write_platform(text);
    else if (write_ring(text))
        static_cast<void>(interrupt_raise(_boot.console_interrupt));
}

// Mapped only while it writes: the kernel has used the ring in between.
bool Early_console::write_ring(std::string_view text) {
    auto const page = Mapping::create(Memory::borrow(_boot.console_ring));
    if (!page.ok())
        return false;
    console::Console_ring ring{*page.value().as<xencons_interface>()};
    return ring.write(text) + ring.write("\r\n") != 0;
}

void Early_console::write_platform(std::string_view text) {
    auto& buffer = message_buffer();
    size_t const bytes = std::min(text.size(), sizeof(buffer.words) - 1);
    memcpy(buffer.words, text.data(), bytes);
    reinterpret_cast<char*>(buffer.words)[bytes] = '\n'; // the platform adds the CR
    static_cast<void>(console_write(_boot.system, bytes + 1));
}

} // namespace lavandin::init
