// SPDX-License-Identifier: MIT
#include <lavandin/log_client.hpp>

#include <algorithm>

namespace lavandin {

using namespace log_protocol;

Result<void> Log_client::write(std::string_view text) const {
    Call call{_endpoint, Label::write};
    return call.text({text.data(), std::min<size_t>(text.size(), maximum_bytes)})
        .send_again()
        .error();
}

Result<size_t> Log_client::read(uint64_t& position, std::span<char> to) const {
    return read_on(Call{_endpoint, Label::read}, position, to);
}

} // namespace lavandin
