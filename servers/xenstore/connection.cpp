// SPDX-License-Identifier: MIT
#include "connection.hpp"

#include <algorithm>

namespace lavandin::xenstore {

uint32_t Connection::send(uint32_t type, std::initializer_list<std::string_view> strings,
                          bool open_end, uint32_t transaction) {
    char message[sizeof(xsd_sockmsg) + XENSTORE_PAYLOAD_MAX];
    _last_request = _last_request == UINT32_MAX ? 1 : _last_request + 1;
    size_t const bytes = encode(message, type, _last_request, strings, open_end, transaction);
    if (!working() || bytes == 0 || bytes > _waiting.space())
        return 0;
    for (size_t i = 0; i < bytes; ++i)
        static_cast<void>(_waiting.push(message[i])); // there is room for all of it
    return _last_request;
}

bool Connection::pump_requests() {
    bool moved = false;
    while (working() && !_waiting.empty()) {
        char const* begin = nullptr;
        size_t const piece = _waiting.contiguous(begin);
        uint32_t const written = _requests.write({begin, piece});
        if (written == 0)
            break;
        _waiting.drop(written);
        moved = true;
    }
    return moved;
}

size_t Connection::receive(size_t limit) {
    std::span<char> const to = _reader.wanted();
    return working() ? _answers.read(to.data(), std::min(to.size(), limit)) : 0;
}

void Connection::restart() {
    if (_requests.damaged()) {
        _waiting.clear();
        _requests.resynchronise();
    }
    // Otherwise what waits is sent: it may be the rest of a message that the other side has begun.
    _answers.resynchronise();
    _reader.restart();
}

} // namespace lavandin::xenstore
