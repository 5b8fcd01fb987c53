// SPDX-License-Identifier: MIT
// What init says before there is a console server: straight to the ring or to the platform's
// console of last resort. Once the console server runs, the ring is that one's alone.
#pragma once

#include <lavandin/mapping.hpp>
#include <string_view>

namespace lavandin::init {

class Early_console {
public:
    explicit Early_console(abi::Boot_information const& boot) : _boot{boot} {}

    // Writes a line; what the ring has no room for is lost.
    void line(std::string_view text);

private:
    bool write_ring(std::string_view text);
    void write_platform(std::string_view text);

    abi::Boot_information const& _boot;
};

} // namespace lavandin::init
