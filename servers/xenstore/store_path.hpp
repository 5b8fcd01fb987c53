// SPDX-License-Identifier: MIT
// Paths of the store, from clients and from the store: both are checked before they are used.
#pragma once

#include <lavandin/xenstore_protocol.hpp>
#include <stdint.h>
#include <string_view>

namespace lavandin::xenstore {

using Client = uint32_t; // process number

// True for one or more of the characters that the store allows (Xen's docs/misc/xenstore.txt), so
// that no path can end a string or a line early.
bool valid_path(std::string_view path);

// A path that is kept.
class Kept_path {
public:
    static constexpr size_t limit = xenstore_protocol::maximum_watch_path;

    Kept_path() = default;
    explicit Kept_path(std::string_view path); // at most `limit` bytes

    std::string_view text() const { return {_text, _length}; }

private:
    char _text[limit]{};
    uint16_t _length{0};
};

} // namespace lavandin::xenstore
