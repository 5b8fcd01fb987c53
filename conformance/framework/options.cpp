// SPDX-License-Identifier: MIT
#include "options.hpp"

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
        for (char const digit : word.substr(known.name.size())) {
            if (digit < '0' || digit > '9')
                return false;
            number = number * 10 + static_cast<uint64_t>(digit - '0');
        }
        *known.value = number;
        return word.size() > known.name.size();
    }
    return false;
}

} // namespace conformance
