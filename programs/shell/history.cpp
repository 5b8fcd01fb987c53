// SPDX-License-Identifier: MIT
#include "history.hpp"

#include <string.h>

namespace lavandin::shell {

void History::add(std::string_view line) {
    if (line.empty() || line.size() > maximum_line || line == at(1))
        return;
    Line& place = _lines[_added++ % limit];
    memcpy(place.text, line.data(), line.size());
    place.length = line.size();
}

std::string_view History::at(size_t back) const {
    if (back == 0 || back > size())
        return {};
    Line const& line = _lines[(_added - back) % limit];
    return {line.text, line.length};
}

} // namespace lavandin::shell
