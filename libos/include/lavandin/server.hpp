// SPDX-License-Identifier: MIT
// The loop of a server.
//
//     struct Clock {
//         void request(Request& request) {
//             if (request.label() != Label::now) return request.fail(Error::not_supported);
//             request.answer().word(now());
//         }
//         void notified(uint64_t bits);
//     };
//     Clock clock;
//     Server server{std::move(endpoint)};
//     return server.run(clock);
#pragma once

#include <lavandin/call.hpp>

#include <concepts>
#include <optional>

namespace lavandin {

// An answer that is given later: it holds the caller until then. When it goes away unanswered, the
// caller gets peer_died.
class Deferred_answer {
public:
    Deferred_answer() = default;
    explicit Deferred_answer(Reply&& reply) : _reply{static_cast<Reply&&>(reply)} {}

    bool waiting() const { return _reply.valid(); }

    // Answers with what `writer` (from begin_answer) holds. The object is empty then.
    // Errors: those of endpoint_reply; after any but no_caller the caller got that error.
    Result<void> send(Message_writer& writer);
    // Answers with a label and nothing else.
    Result<void> send(Error error);

private:
    Reply _reply;
};

// A writer for an answer, in the thread's message buffer.
inline Message_writer begin_answer(uint32_t label = 0) {
    return Message_writer{message_buffer(), label};
}

// One request in the hands of a server. It reads from a copy of the message, so that answering and
// calling others do not disturb it. A request that is neither answered nor deferred nor failed by
// the time its handler returns is answered with not_supported.
class Request {
public:
    uint64_t badge() const { return _badge; } // of the capability that the caller used
    uint32_t label() const { return _reader.label(); }
    // A thread has faulted and waits: word() is the vector, then code, address and instruction. An
    // answer without label has it go on; any other, or none, ends its process.
    bool from_fault() const { return _reader.tag().from_fault(); }

    // See Message_reader.
    uint64_t word() { return _reader.word(); }
    std::string_view text() { return _reader.text(); }
    std::span<std::byte const> bytes(size_t count) { return _reader.bytes(count); }
    template <typename T>
    T object() {
        return _reader.template object<T>();
    }
    template <typename Handle>
    Handle take() {
        return _reader.template take<Handle>();
    }
    bool more_capabilities() const { return _reader.more_capabilities(); }
    bool ok() const { return _reader.ok(); }

    // Begins the answer. After that no call may be made until the handler returns. An answer that
    // does not fit becomes too_large.
    template <typename Label = uint32_t>
    Message_writer& answer(Label label = Label{}) {
        _state = State::answered;
        return _writer.begin(static_cast<uint32_t>(label));
    }
    void fail(Error error) { answer(error); }
    // Success with nothing to say, or an error.
    void finish(Result<void> result) { answer(result.error()); }

    // Takes the caller out of the loop, to be answered later, from any thread. Errors: those of
    // reply_create (the loop needs another object); the request can still be answered then.
    Result<Deferred_answer> defer();

private:
    friend class Server;
    enum class State { open, answered, settled };

    Request(Reply& reply, Message_buffer& buffer) : _reply{reply}, _writer{buffer} {}
    std::optional<uint64_t> arrive(Endpoint_receive_out const& received);
    void settle(Error error);

    Reply& _reply;
    State _state{State::settled};
    uint64_t _badge{0};
    uint64_t _words[maximum_buffer_words];
    Message_reader _reader;
    Message_writer _writer;
};

// A handler may also have `uint64_t deadline()`, asked before each wait: when nothing has come by
// then, it gets notified(0).
template <typename Handler>
concept Request_handler = requires(Handler& handler, Request& request, uint64_t bits) {
    handler.request(request);
    handler.notified(bits);
};

class Server {
public:
    // `accepted_transfers`: how many capabilities a request may bring.
    explicit Server(Endpoint&& endpoint, uint64_t accepted_transfers = 1)
        : _endpoint{static_cast<Endpoint&&>(endpoint)}, _accepted_transfers{accepted_transfers} {}

    Endpoint const& endpoint() const { return _endpoint; }

    // Serves until something fails that no request caused. Errors: those of reply_create,
    // endpoint_receive.
    template <Request_handler Handler>
    Result<void> run(Handler& handler) {
        _reply = TRY(Reply::create());
        Request request{_reply, message_buffer()};
        while (true) {
            uint64_t deadline = forever;
            if constexpr (requires { handler.deadline(); })
                deadline = handler.deadline();
            auto const bits = TRY(next(request, deadline));
            if (bits)
                handler.notified(*bits);
            else
                handler.request(request);
        }
    }

private:
    // Answers the request at hand and waits for the next: a notification's bits, 0 of them when the
    // deadline has passed, or nothing when `request` holds a new one.
    Result<std::optional<uint64_t>> next(Request& request, uint64_t deadline);
    Result<std::optional<uint64_t>> receive(Request& request, uint64_t deadline);
    Result<Endpoint_receive_out> answer_and_receive(Request& request, uint64_t deadline);

    Endpoint _endpoint;
    Reply _reply;
    uint64_t _accepted_transfers;
};

} // namespace lavandin
