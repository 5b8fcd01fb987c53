// SPDX-License-Identifier: MIT
#include <lavandin/call.hpp>

namespace lavandin {

Result<Message_reader> Call::send() {
    if (_writer.overflow())
        return Error::too_large;
    auto& buffer = message_buffer();
    buffer.accepted_transfers = _accepted;
    auto const answer = TRY(endpoint_call(_endpoint, _writer.tag(), _writer.register_word(0),
                                          _writer.register_word(1), _writer.register_word(2),
                                          _writer.register_word(3)));
    _writer.sent();
    uint64_t const words[register_words]{answer.w0, answer.w1, answer.w2, answer.w3};
    Message_reader reader{answer.tag, words, buffer.words, buffer.received};
    if (reader.label() != 0 && reader.label() < first_own_status)
        return static_cast<Error>(reader.label());
    return reader;
}

Result<size_t> read_on(Call call, uint64_t& position, std::span<char> to) {
    auto answer = TRY(call.word(position).send());
    position = answer.word();
    return answer.text().copy(to.data(), to.size());
}

} // namespace lavandin
