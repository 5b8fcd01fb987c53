// SPDX-License-Identifier: MIT
#include <lavandin/xenstore_client.hpp>

#include <charconv>

namespace lavandin {

using xenstore_protocol::Label;

namespace {

Result<size_t> copy(std::string_view text, std::span<char> to) {
    if (text.size() > to.size())
        return Error::too_large;
    return text.copy(to.data(), to.size());
}

} // namespace

Result<Message_reader> Xenstore_client::ask(Label label, std::string_view path,
                                            std::string_view value, uint64_t word) const {
    if (_endpoint == 0)
        return Error::invalid_capability;
    Call call{_endpoint, label};
    call.text(path).text(value).word(word);
    // What happens within a transaction goes with it, and whether a commit was done nobody knows.
    bool const once = label == Label::commit || label == Label::abort;
    return once ? call.send() : call.send_again();
}

Result<size_t> Xenstore_client::read(std::string_view path, std::span<char> to,
                                     Transaction transaction) const {
    auto answer = TRY(ask(Label::read, path, {}, transaction));
    return copy(answer.text(), to);
}

Result<void> Xenstore_client::write(std::string_view path, std::string_view value,
                                    Transaction transaction) const {
    return ask(Label::write, path, value, transaction).error();
}

Result<void> Xenstore_client::make_directory(std::string_view path, Transaction transaction) const {
    return ask(Label::make_directory, path, {}, transaction).error();
}

Result<void> Xenstore_client::remove(std::string_view path, Transaction transaction) const {
    return ask(Label::remove, path, {}, transaction).error();
}

Result<size_t> Xenstore_client::list(std::string_view path, std::span<char> to,
                                     Transaction transaction) const {
    auto answer = TRY(ask(Label::list, path, {}, transaction));
    return copy(answer.text(), to);
}

Result<void> Xenstore_client::watch(std::string_view path, uint64_t token,
                                    Notification const& changed) const {
    if (_endpoint == 0)
        return Error::invalid_capability;
    Call call{_endpoint, Label::watch};
    call.text(path).text({}).word(token).transfer(changed, notification_permission::signal);
    auto const error = call.send_again().error();
    bool const done_before = call.deaths() != 0 && error == Error::already_mapped;
    return done_before ? Error::none : error;
}

Result<void> Xenstore_client::unwatch(uint64_t token) const {
    return ask(Label::unwatch, {}, {}, token).error();
}

Result<Xenstore_client::Event> Xenstore_client::next_event(std::span<char> path) const {
    auto answer = TRY(ask(Label::next_event, {}, {}, 0));
    size_t const bytes = TRY(copy(answer.text(), path));
    return Event{bytes, answer.word()};
}

Result<Xenstore_client::Transaction> Xenstore_client::begin() const {
    auto answer = TRY(ask(Label::begin, {}, {}, 0));
    answer.text();
    return answer.word();
}

Result<void> Xenstore_client::commit(Transaction transaction) const {
    return ask(Label::commit, {}, {}, transaction).error();
}

Result<void> Xenstore_client::abort(Transaction transaction) const {
    return ask(Label::abort, {}, {}, transaction).error();
}

Result<uint32_t> Xenstore_client::domain_id() const {
    char text[16];
    size_t const bytes = TRY(read("domid", text));
    uint32_t domain = 0;
    auto const parsed = std::from_chars(text, text + bytes, domain);
    if (parsed.ec != std::errc{} || parsed.ptr != text + bytes)
        return Error::not_supported;
    return domain;
}

} // namespace lavandin
