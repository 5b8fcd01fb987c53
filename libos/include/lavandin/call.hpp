// SPDX-License-Identifier: MIT
// Calling a server.
//
//     Call call{names, names_protocol::Label::find};
//     call.text("console").accept(1);
//     auto answer = TRY(call.send());
//     Endpoint console = answer.take<Endpoint>();
#pragma once

#include <lavandin/message.hpp>
#include <lavandin/objects.hpp>
#include <lavandin/thread_pointer.hpp>

namespace lavandin {

// Labels of answers: 0 is success, numbers below first_own_status are an abi::Error, others mean
// what the protocol says.
inline constexpr uint32_t first_own_status = 0x100;

class Call {
public:
    template <typename Label>
    Call(Capability_index endpoint, Label label)
        : _writer{message_buffer(), static_cast<uint32_t>(label)}, _endpoint{endpoint} {}
    template <typename Label>
    Call(Endpoint const& endpoint, Label label) : Call{endpoint.index(), label} {}

    Call& word(uint64_t value) {
        _writer.word(value);
        return *this;
    }
    Call& text(std::string_view text) {
        _writer.text(text);
        return *this;
    }
    Call& bytes(std::span<std::byte const> bytes) {
        _writer.bytes(bytes);
        return *this;
    }
    template <typename T>
    Call& object(T const& value) {
        _writer.object(value);
        return *this;
    }
    template <typename... Arguments>
    Call& transfer(Arguments&&... arguments) {
        _writer.transfer(static_cast<Arguments&&>(arguments)...);
        return *this;
    }
    // How many capabilities the answer may bring; 0 unless said.
    Call& accept(uint64_t count) {
        _accepted = count;
        return *this;
    }

    // When the call ends, answered or not; nanoseconds of the clock. Without it never.
    Call& deadline(uint64_t time) {
        _deadline = time;
        return *this;
    }

    // Sends and waits. The answer's texts and bytes lie in the thread's message buffer: they hold
    // until this thread sends, receives or asks the kernel for anything that answers there.
    // Errors: those of endpoint_call; too_large also when the message did not fit; and whichever
    // the server answers. After timed_out the server may have done what it was asked.
    Result<Message_reader> send();

    // For a request that may be carried out twice: when the server dies over it, the one that is
    // started in its place gets it. Errors: as send; peer_died when there is no other server, or
    // maximum_deaths of them died over it.
    Result<Message_reader> send_again();
    static constexpr unsigned maximum_deaths = 8;

    // How many servers have died over it, and over all calls of this process that were sent again.
    unsigned deaths() const { return _deaths; }
    static unsigned all_deaths();

private:
    Message_writer _writer;
    Capability_index _endpoint;
    uint64_t _accepted{0};
    unsigned _deaths{0};
    uint64_t _deadline{forever};
};

// Reads on in a text that a server gives out piece by piece. The protocol: w0 is the position, 0 at
// first; the answer has the next one in w0, the bytes in w1 (0 when there is no more) and the text
// in the buffer. `position` moves on; answers the bytes, cut off at the end of `to`.
// Errors: those of Call::send.
Result<size_t> read_on(Call call, uint64_t& position, std::span<char> to);

} // namespace lavandin
