// SPDX-License-Identifier: MIT
#include <lavandin/log_client.hpp>

#include <algorithm>

namespace lavandin {

using namespace log_protocol;

Result<void> Log_client::write(std::string_view text) const {
    Call call{_endpoint, Label::write};
    return call.text({text.data(), std::min<size_t>(text.size(), maximum_bytes)}).send().error();
}

Result<size_t> Log_client::read(uint64_t& position, std::span<char> to) const {
    Call call{_endpoint, Label::read};
    auto answer = TRY(call.word(position).send());
    position = answer.word();
    std::string_view const text = answer.text();
    size_t const bytes = std::min(text.size(), to.size());
    std::copy_n(text.begin(), bytes, to.begin());
    return bytes;
}

} // namespace lavandin
