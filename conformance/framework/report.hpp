// SPDX-License-Identifier: MIT
// What a test has to say, in memory that it shares with the suite and with its own children.
#pragma once

#include <lavandin/abi/error.hpp>
#include <lavandin/abi/system_call_numbers.hpp>

#include <stddef.h>
#include <stdint.h>

namespace conformance {

struct Report {
    static constexpr size_t bytes = 4 * 4096;
    static constexpr size_t pair_words = 8;

    uint32_t failures;
    uint32_t skipped;
    uint32_t text_bytes; // claimed; what does not fit is lost
    uint32_t reserved;
    uint64_t tested[pair_words];    // one bit per pair of system_call_pairs.hpp
    uint64_t elsewhere[pair_words]; // the same, of what this machine cannot show
    char text[bytes - 16 - 2 * 8 * pair_words];
};

static_assert(sizeof(Report) == Report::bytes);

// Where it lies in every process of the suite.
inline constexpr uint64_t report_address = 0x4000'0000;
inline Report& report() { return *reinterpret_cast<Report*>(report_address); }

// A line that is printed with the result; printf's formats without floating point.
[[gnu::format(printf, 1, 2)]] void note(char const* format, ...);
void fail();
void skip(char const* reason);
void tested(lavandin::abi::System_call call, lavandin::abi::Error error);
void tested_elsewhere(lavandin::abi::System_call call, lavandin::abi::Error error);

char const* error_name(lavandin::abi::Error error);

} // namespace conformance
