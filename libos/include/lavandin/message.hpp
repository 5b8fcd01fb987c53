// SPDX-License-Identifier: MIT
// Writing and reading messages: four words in registers, more in the thread's message buffer.
//
// Numbers go to the register words in the order in which they are written. Text and other bytes go
// to the buffer, padded to whole words; text also writes its length as a register word. Whoever
// reads, reads in the order of writing. So `writer.text(line).word(flags)` is what a protocol
// describes as "w0: bytes of the text in the buffer, w1: flags".
#pragma once

#include <lavandin/capability.hpp>

#include <cstddef>
#include <span>
#include <string.h>
#include <string_view>

namespace lavandin {

// Writes into a message buffer. Between the first write and the sending no other message may be
// sent from this thread. What does not fit sets overflow(), and such a message is not sent.
class Message_writer {
public:
    explicit Message_writer(Message_buffer& buffer, uint32_t label = 0)
        : _buffer{buffer}, _label{label} {}
    Message_writer(Message_writer&&) = default;

    // Begins anew, with another label.
    Message_writer& begin(uint32_t label);

    Message_writer& word(uint64_t value);
    Message_writer& text(std::string_view text);
    Message_writer& bytes(std::span<std::byte const> bytes);

    // A structure that both sides know, as bytes in the buffer.
    template <typename T>
    Message_writer& object(T const& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        return bytes(std::as_bytes(std::span{&value, 1}));
    }

    // Sends a copy of a capability: with at most `permissions`, and `badge` unless that is 0.
    Message_writer& transfer(Capability_index index, Permissions permissions = all_permissions,
                             uint64_t badge = 0);
    Message_writer& transfer(Capability const& capability,
                             Permissions permissions = all_permissions, uint64_t badge = 0) {
        return transfer(capability.index(), permissions, badge);
    }
    // The same, and this process's own one goes away once the message was sent.
    Message_writer& transfer(Capability&& capability, Permissions permissions = all_permissions,
                             uint64_t badge = 0);

    bool overflow() const { return _overflow; }
    Message_tag tag() const { return Message_tag{_label, _buffer_words, _transfers}; }
    uint64_t register_word(size_t index) const { return _words[index]; } // index: 0 to 3

    // Lets go of the capabilities that were handed over. To be called after sending.
    void sent();

private:
    Message_buffer& _buffer;
    uint32_t _label;
    bool _overflow{false};
    size_t _register_words{0};
    size_t _buffer_words{0};
    size_t _transfers{0};
    uint64_t _words[register_words]{};
    Capability _handed_over[maximum_transfers];
};

// Reads a message. Nothing that it reads is trusted: what is missing reads as 0 or empty, and ok()
// turns false. It owns the capabilities that came along until they are taken.
class Message_reader {
public:
    Message_reader() = default;
    // `words`: the buffer words, which the message's tag counts; they must stay as long as the
    // reader. `received`: where the kernel said what capabilities arrived.
    Message_reader(Message_tag tag, std::span<uint64_t const, register_words> registers,
                   uint64_t const* words, Transfer const* received);
    Message_reader(Message_reader&&) = default;
    Message_reader& operator=(Message_reader&&) = default;

    uint32_t label() const { return _tag.label(); }
    Message_tag tag() const { return _tag; }

    uint64_t word();
    std::string_view text();
    std::span<std::byte const> bytes(size_t count);

    template <typename T>
    T object() {
        static_assert(std::is_trivially_copyable_v<T>);
        T value{};
        if (auto const source = bytes(sizeof value); source.size() == sizeof value)
            memcpy(static_cast<void*>(&value), source.data(), sizeof value);
        return value;
    }

    // The next capability, whose type only its use will show; invalid when there is none left.
    template <typename Handle>
    Handle take() {
        return Handle{take_index()};
    }

    // Whether take() would find one.
    bool more_capabilities() const { return _taken < _tag.transfers(); }

    // True as long as everything that was read was there.
    bool ok() const { return _ok; }

private:
    Capability_index take_index();

    Message_tag _tag;
    bool _ok{true};
    size_t _register_words{0};
    size_t _read_bytes{0};
    size_t _taken{0};
    uint64_t _words[register_words]{};
    uint64_t const* _buffer{nullptr};
    Capability _capabilities[maximum_transfers];
};

} // namespace lavandin
