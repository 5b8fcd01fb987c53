// SPDX-License-Identifier: MIT
#include <lavandin/call.hpp>

namespace lavandin {

namespace {

unsigned all_deaths_until_now;

} // namespace

unsigned Call::all_deaths() { return __atomic_load_n(&all_deaths_until_now, __ATOMIC_RELAXED); }

Result<Message_reader> Call::send() {
    if (_writer.overflow())
        return Error::too_large;
    auto& buffer = message_buffer();
    buffer.accepted_transfers = _accepted;
    buffer.deadline = _deadline;
    Message_tag const tag = _deadline == forever ? _writer.tag() : _writer.tag().with_deadline();
    auto const answer =
        TRY(endpoint_call(_endpoint, tag, _writer.register_word(0), _writer.register_word(1),
                          _writer.register_word(2), _writer.register_word(3)));
    _writer.sent();
    uint64_t const words[register_words]{answer.w0, answer.w1, answer.w2, answer.w3};
    Message_reader reader{answer.tag, words, buffer.words, buffer.received};
    if (reader.label() != 0 && reader.label() < first_own_status)
        return static_cast<Error>(reader.label());
    return reader;
}

// The message still lies in the buffer: the kernel writes there only when it answers. Waiting for
// the next server is the endpoint's: it stays, and so do those who call it.
Result<Message_reader> Call::send_again() {
    while (true) {
        auto answer = send();
        if (answer.error() != Error::peer_died)
            return answer;
        __atomic_fetch_add(&all_deaths_until_now, 1, __ATOMIC_RELAXED);
        if (++_deaths == maximum_deaths)
            return answer;
    }
}

Result<size_t> read_on(Call call, uint64_t& position, std::span<char> to) {
    auto answer = TRY(call.word(position).send_again());
    position = answer.word();
    return answer.text().copy(to.data(), to.size());
}

} // namespace lavandin
