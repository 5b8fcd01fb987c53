// SPDX-License-Identifier: MIT
// What a calling member can be asked to do; each returns when all was as expected.
#pragma once

#include "protocol.hpp"

namespace member {

struct Caller {
    char const* name;
    void (*run)(Group_peer const& second);
};

std::span<Caller const> ordinary_callers();
std::span<Caller const> callers_in_trouble();

} // namespace member
