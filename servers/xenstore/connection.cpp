// SPDX-License-Identifier: MIT
#include "connection.hpp"

#include <algorithm>

namespace lavandin::xenstore {

namespace {

constexpr unsigned generation_shift = 20; // requests that one connection numbers

} // namespace

Connection::Connection(xenstore_domain_interface& page, Ring_progress& progress,
                       Generation generation)
    : _requests{page.req, &page.req_prod, &page.req_cons}, _answers{page.rsp, &page.rsp_cons,
                                                                    &page.rsp_prod},
      _progress{progress}, _last_request{generation.number << generation_shift} {
    if (generation.first()) {
        _progress.requests.reset(_requests.count());
        _progress.answers.reset(_answers.count());
    }
    _request_left = _progress.requests.missing(_requests.count(), largest_message);
    _answer_left = _progress.answers.missing(_answers.count(), largest_message);
    for (uint32_t i = 0; i < _request_left; ++i)
        static_cast<void>(_waiting.push('\0')); // the queue is larger
}

uint32_t Connection::send(uint32_t type, std::initializer_list<std::string_view> strings,
                          bool open_end, uint32_t transaction) {
    char message[largest_message];
    _last_request = _last_request == UINT32_MAX ? 1 : _last_request + 1;
    size_t const bytes = encode(message, type, _last_request, strings, open_end, transaction);
    if (!working() || bytes == 0 || bytes > _waiting.space())
        return 0;
    for (size_t i = 0; i < bytes; ++i)
        static_cast<void>(_waiting.push(message[i])); // there is room for all of it
    return _last_request;
}

// The queue begins with a request. Its header goes out whole: cut off and filled up with zeros it
// would tell of another length. False when there is no room for it.
bool Connection::open_request() {
    char bytes[sizeof(xsd_sockmsg)];
    if (_requests.space() < sizeof(bytes))
        return false;
    for (size_t i = 0; i < sizeof(bytes); ++i)
        bytes[i] = _waiting.at(i);
    xsd_sockmsg header;
    memcpy(&header, bytes, sizeof(header));
    _progress.requests.open(_requests.count(), static_cast<uint32_t>(sizeof(header)) + header.len);
    _requests.write({bytes, sizeof(bytes)});
    _waiting.drop(sizeof(bytes));
    _request_left = header.len;
    return true;
}

bool Connection::pump_requests() {
    bool moved = false;
    while (working() && !_waiting.empty()) {
        if (_request_left == 0) {
            if (!open_request())
                break;
            moved = true;
            continue;
        }
        char const* begin = nullptr;
        size_t const piece = std::min<size_t>(_waiting.contiguous(begin), _request_left);
        uint32_t const written = _requests.write({begin, piece});
        if (written == 0)
            break;
        _waiting.drop(written);
        _request_left -= written;
        moved = true;
    }
    return moved;
}

// Answers the bytes that it took out of the ring, at most `limit`.
size_t Connection::receive(size_t limit) {
    if (!working() || limit == 0)
        return 0;
    if (_answer_left != 0)
        return pass_over(limit);
    if (!_reader.within_message())
        return receive_header(limit);
    std::span<char> const to = _reader.wanted();
    size_t const bytes = _answers.read(to.data(), std::min(to.size(), limit));
    _reader.received(bytes);
    return bytes;
}

// It stays in the ring until it is whole and its end has been written down.
size_t Connection::receive_header(size_t limit) {
    std::span<char> const to = _reader.wanted();
    if (limit < to.size() || _answers.peek(to.data(), to.size()) < to.size())
        return 0;
    uint32_t const bytes = static_cast<uint32_t>(to.size());
    _reader.received(bytes);
    uint32_t const payload =
        static_cast<uint32_t>(_reader.complete() ? 0 : _reader.wanted().size());
    _progress.answers.open(_answers.count(), bytes + payload);
    _answers.take(bytes);
    return bytes;
}

size_t Connection::pass_over(size_t limit) {
    char nowhere[256];
    size_t const bytes =
        _answers.read(nowhere, std::min({limit, sizeof(nowhere), size_t{_answer_left}}));
    _answer_left -= static_cast<uint32_t>(bytes);
    return bytes;
}

void Connection::restart() {
    if (_requests.damaged()) {
        _waiting.clear();
        _requests.resynchronise();
        _request_left = 0;
        _progress.requests.reset(_requests.count());
    }
    // Otherwise what waits is sent: it may be the rest of a message that the other side has begun.
    _answers.resynchronise();
    _answer_left = 0;
    _progress.answers.reset(_answers.count());
    _reader.restart();
}

} // namespace lavandin::xenstore
