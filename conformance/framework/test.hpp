// SPDX-License-Identifier: MIT
// Writing tests.
//
//     TEST(endpoint, call_without_permission) {
//         auto const endpoint = MUST(endpoint_create);
//         auto const deaf = MUST(capability_copy, self_process, endpoint, receive, 0);
//         EXPECT_ERROR(permission_denied, endpoint_call, deaf, Message_tag{}, 0, 0, 0, 0);
//     }
//
// Every test runs in a process of its own: it may fault, hang or leave things behind. The names of
// system calls in these macros are recorded as tested, together with the error that was expected
// and came.
#pragma once

#include "report.hpp"

#include <lavandin/clock.hpp>
#include <lavandin/system_calls.hpp>

#include <initializer_list>
#include <type_traits>

namespace conformance {

using namespace lavandin;

class Test {
public:
    static constexpr uint64_t usual_seconds = 30;

    Test(char const* group, char const* name, void (*body)(), uint64_t seconds = usual_seconds)
        : _group{group}, _name{name}, _body{body}, _seconds{seconds} {
        *_end = this;
        _end = &_next;
    }

    // All tests, in the order in which they are linked.
    static Test* first() { return _first; }
    Test* next() const { return _next; }

    char const* group() const { return _group; }
    char const* name() const { return _name; }
    uint64_t seconds() const { return _seconds; } // then it is ended and has failed
    void run() const { _body(); }

private:
    static Test* _first;
    static Test** _end;

    char const* _group;
    char const* _name;
    void (*_body)();
    uint64_t _seconds;
    Test* _next{nullptr};
};

struct Place {
    char const* file;
    int line;
};

// Values as failures print them.
template <typename T>
uint64_t number(T value) {
    if constexpr (std::is_pointer_v<T>)
        return reinterpret_cast<uint64_t>(value);
    else
        return static_cast<uint64_t>(value);
}

// Each is true when what was expected came; else the test has failed, and goes on.
bool expect_equal(Place place, char const* text, uint64_t actual, uint64_t expected);
bool expect_true(Place place, char const* text, bool value);
bool expect_success(Place place, Error actual, char const* text);
bool expect_answer(Place place, Error actual, char const* text, abi::System_call call,
                   Error expected = Error::none);

template <typename T>
T take(Result<T>& result) {
    return static_cast<T&&>(result.value());
}
inline void take(Result<void>&) {}

} // namespace conformance

#define TEST(group, name, ...)                                                                     \
    static void group##_##name();                                                                  \
    static ::conformance::Test test_##group##_##name{#group, #name,                                \
                                                     group##_##name __VA_OPT__(, ) __VA_ARGS__};   \
    static void group##_##name()

#define HERE                                                                                       \
    ::conformance::Place { __FILE_NAME__, __LINE__ }

#define EXPECT(condition) ::conformance::expect_true(HERE, #condition, (condition))
#define EXPECT_EQUAL(actual, expected)                                                             \
    ::conformance::expect_equal(HERE, #actual " == " #expected, ::conformance::number(actual),     \
                                ::conformance::number(expected))

// The system call `call` with these arguments answers `wanted`.
#define EXPECT_ERROR(wanted, call, ...)                                                            \
    EXPECT_ANSWER(wanted, call, ::lavandin::call(__VA_ARGS__).error())
// The same for an answer that was got elsewhere.
#define EXPECT_ANSWER(wanted, call, answer)                                                        \
    ::conformance::expect_answer(HERE, (answer), #call, ::lavandin::abi::System_call::call,        \
                                 ::lavandin::abi::Error::wanted)
#define EXPECT_OK(call, ...) EXPECT_ERROR(none, call, __VA_ARGS__)

// What the system call answers; without it the function cannot go on and returns.
#define MUST(call, ...)                                                                            \
    CONFORMANCE_TAKE(CONFORMANCE_NAME(__COUNTER__), ::lavandin::call(__VA_ARGS__),                 \
                     ::conformance::expect_answer, #call, ::lavandin::abi::System_call::call)
// The value of any other Result.
#define TAKE(expression)                                                                           \
    CONFORMANCE_TAKE(CONFORMANCE_NAME(__COUNTER__), expression, ::conformance::expect_success,     \
                     #expression)

// They may stand in each other's arguments, so that each needs a variable of another name.
#define CONFORMANCE_NAME(counter) CONFORMANCE_PASTE(result_, counter)
#define CONFORMANCE_PASTE(a, b) a##b
#define CONFORMANCE_TAKE(name, expression, check, ...)                                             \
    __extension__({                                                                                \
        auto name = (expression);                                                                  \
        if (!check(HERE, name.error(), __VA_ARGS__))                                               \
            return;                                                                                \
        ::conformance::take(name);                                                                 \
    })

// The test does not apply here.
#define SKIP(reason)                                                                               \
    do {                                                                                           \
        ::conformance::skip(reason);                                                               \
        return;                                                                                    \
    } while (false)

// Said before SKIP: this answer is tested where the test applies. `test`: "FILE: NAME", which
// tools/check_source.py looks for.
#define TESTED_ELSEWHERE(wanted, call, test)                                                       \
    ::conformance::tested_elsewhere(::lavandin::abi::System_call::call,                            \
                                    ::lavandin::abi::Error::wanted)
