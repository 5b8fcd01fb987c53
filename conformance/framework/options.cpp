// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <charconv>

namespace conformance {

bool Options::read(std::string_view word) {
    struct Known {
        std::string_view name;
        uint64_t* value;
    };
    for (Known const& known : {Known{"seed=", &seed}, {"calls=", &calls}, {"part=", &part}}) {
        if (!word.starts_with(known.name))
            continue;
        uint64_t number = 0;
        char const* const end = word.data() + word.size();
        auto const read = std::from_chars(word.data() + known.name.size(), end, number);
        if (read.ec != std::errc{} || read.ptr != end)
            return false;
        *known.value = number;
        return true;
    }
    return false;
}

} // namespace conformance
