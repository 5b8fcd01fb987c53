// SPDX-License-Identifier: MIT
#include <lavandin/init_client.hpp>

namespace lavandin {

using namespace init_protocol;

Result<Process_number> Init_client::spawn(std::string_view block, uint64_t flags,
                                          Notification const* ended) const {
    Call call{_endpoint, Label::spawn};
    call.text(block).word(flags);
    if (ended != nullptr)
        call.transfer(*ended, notification_permission::signal);
    return static_cast<Process_number>(TRY(call.send()).word());
}

Result<Ending> Init_client::wait(Process_number process) const {
    Call call{_endpoint, Label::wait};
    return TRY(call.word(process).send()).object<Ending>();
}

Result<void> Init_client::kill(Process_number process) const {
    Call call{_endpoint, Label::kill};
    return call.word(process).send().error();
}

Result<Process_entry> Init_client::next_process(uint64_t& position) const {
    Call call{_endpoint, Label::list};
    auto answer = TRY(call.word(position).send());
    position = answer.word();
    return answer.object<Process_entry>();
}

Result<Program_entry> Init_client::program(uint64_t index) const {
    Call call{_endpoint, Label::programs};
    auto entry = TRY(call.word(index).send()).object<Program_entry>();
    entry.name[sizeof(entry.name) - 1] = entry.about[sizeof(entry.about) - 1] = '\0';
    return entry;
}

Result<Memory> Init_client::accounts(Process_number process) const {
    Call call{_endpoint, Label::accounts};
    auto answer = TRY(call.word(process).accept(1).send());
    return answer.take<Memory>();
}

Result<void> Init_client::shut_down(uint64_t way) const {
    Call call{_endpoint, Label::shut_down};
    return call.word(way).send().error();
}

Result<void> Init_client::watch_endings(Notification&& ended) const {
    Call call{_endpoint, Label::watch_endings};
    return call.transfer(static_cast<Notification&&>(ended), notification_permission::signal)
        .send()
        .error();
}

Result<size_t> Init_client::keep_ended(std::span<Process_number> clients) const {
    Call call{_endpoint, Label::ended};
    call.word(clients.size());
    for (uint64_t const client : clients)
        call.object(client);
    auto answer = TRY(call.send());
    size_t count = 0;
    for (Process_number const client : clients)
        if (answer.object<uint64_t>() != 0)
            clients[count++] = client;
    return count;
}

Result<size_t> Init_client::messages(uint64_t& position, std::span<char> to) const {
    return read_on(Call{_endpoint, Label::messages}, position, to);
}

Result<void> Init_client::keep(uint64_t key, std::string_view text,
                               Capability const* capability) const {
    Call call{_endpoint, Label::keep};
    call.text(text).word(key);
    if (capability != nullptr)
        call.transfer(*capability);
    return call.send().error();
}

Result<Init_client::Kept> Init_client::next_kept(uint64_t& position, std::span<char> to) const {
    Call call{_endpoint, Label::kept};
    auto answer = TRY(call.word(position).accept(1).send());
    position = answer.word();
    std::string_view const text = answer.text();
    Kept kept{answer.word(), text.copy(to.data(), to.size()), {}};
    if (answer.more_capabilities())
        kept.capability = answer.take<Capability>();
    return kept;
}

Result<void> Init_client::forget(uint64_t key) const {
    Call call{_endpoint, Label::forget};
    return call.word(key).send().error();
}

Result<Init_client::Name> Init_client::name(Process_number process) const {
    Call call{_endpoint, Label::name};
    auto answer = TRY(call.word(process).send());
    uint64_t const words[] = {answer.word(), answer.word()};
    Name name{};
    memcpy(name.text, words, sizeof(words));
    return name;
}

} // namespace lavandin
