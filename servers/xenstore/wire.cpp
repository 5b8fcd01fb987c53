// SPDX-License-Identifier: MIT
#include "wire.hpp"

#include <string.h>

namespace lavandin::xenstore {

std::string_view Message::take_string(std::string_view& rest) {
    size_t length = 0;
    while (length < rest.size() && rest[length] != '\0')
        ++length;
    std::string_view const taken{rest.data(), length};
    rest.remove_prefix(length < rest.size() ? length + 1 : length);
    return taken;
}

size_t encode(std::span<char> to, uint32_t type, uint32_t request,
              std::initializer_list<std::string_view> strings, bool open_end,
              uint32_t transaction) {
    size_t length = 0;
    for (std::string_view const string : strings)
        length += string.size() + 1;
    if (open_end && strings.size() != 0)
        --length;
    if (length > XENSTORE_PAYLOAD_MAX || sizeof(xsd_sockmsg) + length > to.size())
        return 0;
    xsd_sockmsg const header{type, request, transaction, static_cast<uint32_t>(length)};
    memcpy(to.data(), &header, sizeof(header));
    size_t at = sizeof(header);
    size_t const end = at + length;
    for (std::string_view const string : strings) {
        memcpy(to.data() + at, string.data(), string.size());
        at += string.size();
        if (at < end)
            to[at++] = '\0';
    }
    return end;
}

xsd_sockmsg Message_reader::header() const {
    xsd_sockmsg header;
    memcpy(&header, _bytes, sizeof(header));
    return header;
}

size_t Message_reader::missing() const {
    if (_filled < sizeof(xsd_sockmsg))
        return sizeof(xsd_sockmsg) - _filled;
    return sizeof(xsd_sockmsg) + header().len - _filled;
}

std::span<char> Message_reader::wanted() {
    if (_broken)
        return {};
    return {_bytes + _filled, missing()};
}

void Message_reader::received(size_t bytes) {
    _filled += bytes;
    if (_filled == sizeof(xsd_sockmsg) && header().len > XENSTORE_PAYLOAD_MAX) {
        _broken = true;
        _filled = 0;
    }
}

Message Message_reader::message() const {
    xsd_sockmsg const head = header();
    return {head, {_bytes + sizeof(xsd_sockmsg), head.len}};
}

} // namespace lavandin::xenstore
