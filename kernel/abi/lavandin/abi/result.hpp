// SPDX-License-Identifier: MIT
// Result<T>: a value or the reason why there is none. Shared by kernel and user code.
#pragma once

#include <lavandin/abi/error.hpp>

namespace lavandin::abi {

template <typename T>
class [[nodiscard]] Result {
public:
    constexpr Result(T value) : _value{static_cast<T&&>(value)} {}
    constexpr Result(Error error) : _error{error} {}

    constexpr bool ok() const { return _error == Error::none; }
    constexpr explicit operator bool() const { return ok(); }
    constexpr Error error() const { return _error; }
    constexpr T& value() & { return _value; } // only when ok()
    constexpr T const& value() const& { return _value; }
    constexpr T&& value() && { return static_cast<T&&>(_value); }

private:
    Error _error{Error::none};
    T _value{};
};

template <>
class [[nodiscard]] Result<void> {
public:
    constexpr Result() = default;
    constexpr Result(Error error) : _error{error} {}

    constexpr bool ok() const { return _error == Error::none; }
    constexpr explicit operator bool() const { return ok(); }
    constexpr Error error() const { return _error; }

private:
    Error _error{Error::none};
};

} // namespace lavandin::abi

// Evaluates a Result<T>: its value, or leaves the function with its error. A statement expression,
// which both of our compilers know.
#define TRY(expression)                                                                            \
    __extension__({                                                                                \
        auto try_result = (expression);                                                            \
        if (!try_result.ok())                                                                      \
            return try_result.error();                                                             \
        static_cast<decltype(try_result)&&>(try_result).value();                                   \
    })

// The same for Result<void>.
#define TRY_VOID(expression)                                                                       \
    do {                                                                                           \
        if (auto try_result = (expression); !try_result.ok())                                      \
            return try_result.error();                                                             \
    } while (false)
