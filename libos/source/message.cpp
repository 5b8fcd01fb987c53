// SPDX-License-Identifier: MIT
#include <lavandin/message.hpp>

namespace lavandin {

Message_writer& Message_writer::begin(uint32_t label) {
    sent();
    _label = label;
    _overflow = false;
    _register_words = 0;
    _buffer_words = 0;
    _transfers = 0;
    memset(_words, 0, sizeof _words);
    return *this;
}

Message_writer& Message_writer::word(uint64_t value) {
    if (_register_words == register_words)
        _overflow = true;
    else
        _words[_register_words++] = value;
    return *this;
}

Message_writer& Message_writer::text(std::string_view text) {
    return word(text.size()).bytes(std::as_bytes(std::span{text}));
}

Message_writer& Message_writer::bytes(std::span<std::byte const> bytes) {
    if (bytes.size() > (maximum_buffer_words - _buffer_words) * sizeof(uint64_t)) {
        _overflow = true;
        return *this;
    }
    if (bytes.empty())
        return *this;
    size_t const words = (bytes.size() + sizeof(uint64_t) - 1) / sizeof(uint64_t);
    _buffer.words[_buffer_words + words - 1] = 0; // padding says nothing about earlier messages
    memcpy(&_buffer.words[_buffer_words], bytes.data(), bytes.size());
    _buffer_words += words;
    return *this;
}

Message_writer& Message_writer::transfer(Capability_index index, Permissions permissions,
                                         uint64_t badge) {
    if (_transfers == maximum_transfers)
        _overflow = true;
    else
        _buffer.sent[_transfers++] = Transfer{index, permissions, badge};
    return *this;
}

Message_writer& Message_writer::transfer(Capability&& capability, Permissions permissions,
                                         uint64_t badge) {
    size_t const place = _transfers;
    transfer(capability.index(), permissions, badge);
    if (place < maximum_transfers)
        _handed_over[place] = static_cast<Capability&&>(capability);
    return *this;
}

void Message_writer::sent() {
    for (auto& capability : _handed_over)
        capability.reset();
}

Message_reader::Message_reader(Message_tag tag, std::span<uint64_t const, register_words> registers,
                               uint64_t const* words, Transfer const* received)
    : _tag{tag}, _buffer{words} {
    for (size_t i = 0; i < register_words; ++i)
        _words[i] = registers[i];
    for (size_t i = 0; i < tag.transfers() && i < maximum_transfers; ++i)
        _capabilities[i] = Capability{received[i].index};
}

uint64_t Message_reader::word() {
    if (_register_words == register_words) {
        _ok = false;
        return 0;
    }
    return _words[_register_words++];
}

std::string_view Message_reader::text() {
    auto const content = bytes(word());
    return {reinterpret_cast<char const*>(content.data()), content.size()};
}

std::span<std::byte const> Message_reader::bytes(size_t count) {
    size_t const available = _tag.buffer_words() * sizeof(uint64_t) - _read_bytes;
    if (count > available) {
        _ok = false;
        return {};
    }
    auto const* begin = reinterpret_cast<std::byte const*>(_buffer) + _read_bytes;
    _read_bytes += (count + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
    return {begin, count};
}

Capability_index Message_reader::take_index() {
    Capability_index const index =
        _taken < maximum_transfers ? _capabilities[_taken++].release() : 0;
    _ok = _ok && index != 0;
    return index;
}

} // namespace lavandin
