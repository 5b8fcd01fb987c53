// SPDX-License-Identifier: MIT
#include <lavandin/server.hpp>

namespace lavandin {

namespace {

Result<void> reply(Reply const& object, Message_writer const& writer) {
    return endpoint_reply(object.index(), writer.tag(), writer.register_word(0),
                          writer.register_word(1), writer.register_word(2),
                          writer.register_word(3));
}

Result<void> reply(Reply const& object, Error error) {
    return endpoint_reply(object.index(), Message_tag{static_cast<uint32_t>(error), 0}, 0, 0, 0, 0);
}

} // namespace

Result<void> Deferred_answer::send(Message_writer& writer) {
    auto const object = static_cast<Reply&&>(_reply);
    Error const error = writer.overflow() ? Error::too_large : reply(object, writer).error();
    writer.sent();
    if (error != Error::none)
        static_cast<void>(reply(object, error));
    return error;
}

Result<void> Deferred_answer::send(Error error) {
    auto const object = static_cast<Reply&&>(_reply);
    return reply(object, error);
}

std::optional<uint64_t> Request::arrive(Endpoint_receive_out const& received) {
    if (received.tag.from_notification()) {
        _state = State::settled;
        return received.w0;
    }
    auto const& buffer = message_buffer();
    memcpy(_words, buffer.words, received.tag.buffer_words() * sizeof(uint64_t));
    uint64_t const registers[register_words]{received.w0, received.w1, received.w2, received.w3};
    _reader = Message_reader{received.tag, registers, _words, buffer.received};
    _badge = received.badge;
    _state = State::open;
    return std::nullopt;
}

void Request::settle(Error error) {
    // A caller that went away meanwhile (no_caller) needs no answer.
    static_cast<void>(reply(_reply, error));
    _writer.sent();
    _state = State::settled;
}

Result<Deferred_answer> Request::defer() {
    auto replacement = TRY(Reply::create());
    Deferred_answer deferred{static_cast<Reply&&>(_reply)};
    _reply = static_cast<Reply&&>(replacement);
    _state = State::settled;
    return deferred;
}

Result<Endpoint_receive_out> Server::answer_and_receive(Request& request, uint64_t deadline) {
    auto const& writer = request._writer;
    message_buffer().accepted_transfers = _accepted_transfers;
    message_buffer().deadline = deadline;
    auto const received = endpoint_reply_receive(uint64_t{_reply.index()} << 32 | _endpoint.index(),
                                                 writer.tag().with_deadline(),
                                                 writer.register_word(0), writer.register_word(1),
                                                 writer.register_word(2), writer.register_word(3));
    request._writer.sent();
    if (!received.ok())
        return received.error();
    auto const& out = received.value();
    return Endpoint_receive_out{out.badge, out.tag, out.w0, out.w1, out.w2, out.w3};
}

Result<std::optional<uint64_t>> Server::next(Request& request, uint64_t deadline) {
    bool const answered = request._state == Request::State::answered;
    if (answered && !request._writer.overflow()) {
        auto const received = answer_and_receive(request, deadline);
        if (received.ok())
            return request.arrive(received.value());
        if (received.error() == Error::timed_out) {
            request._state = Request::State::settled;
            return std::optional<uint64_t>{0};
        }
        request.settle(received.error()); // the answer could not be sent: its caller still waits
    } else if (request._state != Request::State::settled) {
        request.settle(answered ? Error::too_large : Error::not_supported);
    }
    return receive(request, deadline);
}

Result<std::optional<uint64_t>> Server::receive(Request& request, uint64_t deadline) {
    message_buffer().accepted_transfers = _accepted_transfers;
    auto const received = endpoint_receive(_endpoint.index(), _reply.index(), deadline);
    if (received.ok())
        return request.arrive(received.value());
    if (received.error() != Error::timed_out)
        return received.error();
    return std::optional<uint64_t>{0};
}

} // namespace lavandin
