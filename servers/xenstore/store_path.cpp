// SPDX-License-Identifier: MIT
#include "store_path.hpp"

#include <algorithm>

namespace lavandin::xenstore {

namespace {

bool valid_character(char character) {
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') ||
           std::string_view{"-/_@"}.find(character) != std::string_view::npos;
}

} // namespace

bool valid_path(std::string_view path) {
    return !path.empty() && std::all_of(path.begin(), path.end(), valid_character);
}

Kept_path::Kept_path(std::string_view path)
    : _length{static_cast<uint16_t>(path.copy(_text, limit))} {}

} // namespace lavandin::xenstore
