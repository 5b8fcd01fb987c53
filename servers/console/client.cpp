// SPDX-License-Identifier: MIT
#include <lavandin/console_client.hpp>

#include <algorithm>

namespace lavandin {

using namespace console_protocol;

Result<void> Console_client::write(std::string_view text) const {
    while (!text.empty()) {
        Call call{_endpoint, Label::write};
        size_t const part = std::min<size_t>(text.size(), maximum_bytes);
        call.text({text.data(), part}).word(0);
        text.remove_prefix(std::min<size_t>(TRY(call.send_again()).word(), part));
    }
    return {};
}

Result<void> Console_client::write_now(std::string_view text) const {
    Call call{_endpoint, Label::write};
    return call.text(text).word(Write_flags::write_now).send_again().error();
}

Result<void> Console_client::flush() const {
    return Call{_endpoint, Label::flush}.send_again().error();
}

Result<Console_client::Input> Console_client::read(std::span<char> to) const {
    Call call{_endpoint, Label::read};
    auto answer = TRY(call.word(std::min<size_t>(to.size(), maximum_bytes)).send_again());
    std::string_view const text = answer.text();
    size_t const bytes = std::min(text.size(), to.size());
    std::copy_n(text.begin(), bytes, to.begin());
    return Input{bytes, static_cast<Read_outcome>(answer.word())};
}

Result<void> Console_client::set_mode(Mode mode) const {
    Call call{_endpoint, Label::set_mode};
    return call.word(static_cast<uint64_t>(mode)).send_again().error();
}

Result<void> Console_client::set_interrupt(Notification const* interrupt) const {
    Call call{_endpoint, Label::set_interrupt};
    call.word(interrupt != nullptr);
    if (interrupt != nullptr)
        call.transfer(*interrupt, notification_permission::signal);
    return call.send_again().error();
}

} // namespace lavandin
