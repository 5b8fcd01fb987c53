// SPDX-License-Identifier: MIT
#include "report.hpp"
#include "test.hpp"

#include <lavandin/system_call_pairs.hpp>

#include <array>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

namespace conformance {

static_assert(std::size(system_call_pairs) <= 64 * Report::pair_words);

// Constants: they must stand before the first test registers itself.
constinit Test* Test::_first{nullptr};
constinit Test** Test::_end{&Test::_first};

namespace {

constexpr size_t longest_line = 200;

// Threads and processes may write at the same time: each claims its part first.
void append(char const* line, size_t length) {
    auto& shared = report();
    size_t const begin =
        __atomic_fetch_add(&shared.text_bytes, static_cast<uint32_t>(length), __ATOMIC_RELAXED);
    if (begin < sizeof shared.text && length <= sizeof shared.text - begin)
        memcpy(shared.text + begin, line, length);
}

void mark(uint64_t (&bits)[Report::pair_words], System_call call, Error error) {
    for (size_t i = 0; i < std::size(system_call_pairs); ++i)
        if (system_call_pairs[i].call == call && system_call_pairs[i].error == error)
            __atomic_fetch_or(&bits[i / 64], uint64_t{1} << i % 64, __ATOMIC_RELAXED);
}

} // namespace

void note(char const* format, ...) {
    char line[longest_line];
    va_list arguments;
    va_start(arguments, format);
    int const length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    size_t const end = length < 0 ? 0 : std::min(static_cast<size_t>(length), sizeof line - 2);
    line[end] = '\n';
    append(line, end + 1);
}

void fail() { __atomic_fetch_add(&report().failures, 1, __ATOMIC_RELAXED); }

void skip(char const* reason) {
    report().skipped = 1;
    note("%s", reason);
}

void tested(System_call call, Error error) { mark(report().tested, call, error); }

void tested_elsewhere(System_call call, Error error) { mark(report().elsewhere, call, error); }

char const* error_name(Error error) {
    static constexpr std::array names{"none",
                                      "no_such_system_call",
                                      "invalid_capability",
                                      "wrong_type",
                                      "permission_denied",
                                      "invalid_argument",
                                      "quota_exceeded",
                                      "out_of_memory",
                                      "table_full",
                                      "already_mapped",
                                      "not_mapped",
                                      "peer_died",
                                      "timed_out",
                                      "busy",
                                      "too_large",
                                      "not_supported",
                                      "no_caller",
                                      "no_processor",
                                      "wrong_state",
                                      "pinned",
                                      "refused",
                                      "cancelled"};
    static_assert(names.size() == static_cast<size_t>(Error::end));
    auto const index = static_cast<size_t>(error);
    return index < names.size() ? names[index] : "no error of ours";
}

bool expect_true(Place place, char const* text, bool value) {
    if (!value) {
        note("%s:%d: %s", place.file, place.line, text);
        fail();
    }
    return value;
}

bool expect_equal(Place place, char const* text, uint64_t actual, uint64_t expected) {
    if (actual == expected)
        return true;
    note("%s:%d: %s: %#llx, not %#llx", place.file, place.line, text,
         static_cast<unsigned long long>(actual), static_cast<unsigned long long>(expected));
    fail();
    return false;
}

namespace {

bool expect_error(Place place, char const* text, Error actual, Error expected) {
    if (actual == expected)
        return true;
    note("%s:%d: %s: %s, not %s", place.file, place.line, text, error_name(actual),
         error_name(expected));
    fail();
    return false;
}

} // namespace

bool expect_success(Place place, Error actual, char const* text) {
    return expect_error(place, text, actual, Error::none);
}

bool expect_answer(Place place, Error actual, char const* text, System_call call, Error expected) {
    if (!expect_error(place, text, actual, expected))
        return false;
    tested(call, expected);
    return true;
}

} // namespace conformance
