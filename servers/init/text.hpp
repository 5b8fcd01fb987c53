// SPDX-License-Identifier: MIT
// Small steps of reading text: the pieces that the manifest and the command line have in common.
#pragma once

#include <charconv>
#include <stdint.h>
#include <string_view>

namespace lavandin::init {

constexpr bool blank(char character) { return character == ' ' || character == '\t'; }

// Without blanks (and a carriage return) at both ends.
constexpr std::string_view trim(std::string_view text) {
    while (!text.empty() && (blank(text.back()) || text.back() == '\r'))
        text.remove_suffix(1);
    while (!text.empty() && blank(text.front()))
        text.remove_prefix(1);
    return text;
}

// Takes what stands before the first `end` off `text`, and `end` with it; all when it has none.
constexpr std::string_view take_until(std::string_view& text, char end) {
    size_t length = 0;
    while (length < text.size() && text[length] != end)
        ++length;
    std::string_view const taken{text.data(), length};
    text.remove_prefix(length < text.size() ? length + 1 : length);
    return taken;
}

// Takes the next word that blanks separate; empty at the end.
constexpr std::string_view take_word(std::string_view& text) {
    text = trim(text);
    size_t length = 0;
    while (length < text.size() && !blank(text[length]))
        ++length;
    std::string_view const taken{text.data(), length};
    text.remove_prefix(length);
    return taken;
}

// Takes decimal digits. False when there is none or the value is above 2^32.
inline bool take_number(std::string_view& text, uint64_t& value) {
    constexpr uint64_t largest = uint64_t{1} << 32;
    value = 0;
    auto const read = std::from_chars(text.data(), text.data() + text.size(), value);
    text.remove_prefix(static_cast<size_t>(read.ptr - text.data()));
    return read.ec == std::errc{} && value <= largest;
}

// Names of sections, services and files: a-z, 0-9, - and . (at most `limit` bytes).
constexpr bool valid_name(std::string_view name, size_t limit) {
    for (char const character : name) {
        bool const letter = character >= 'a' && character <= 'z';
        bool const digit = character >= '0' && character <= '9';
        if (!letter && !digit && character != '-' && character != '.')
            return false;
    }
    return !name.empty() && name.size() <= limit;
}

} // namespace lavandin::init
