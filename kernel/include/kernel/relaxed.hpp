// SPDX-License-Identifier: MIT
// A value that one processor writes while others look at it, without a lock that both hold. It is
// seen whole, and in no order with anything else: who decides something by it can do with an old
// one.
#pragma once

namespace kernel {

template <typename T>
class Relaxed {
public:
    constexpr explicit Relaxed(T value) : _value{value} {}
    Relaxed(Relaxed const&) = delete;
    Relaxed& operator=(Relaxed const&) = delete;

    operator T() const {
        T value;
        __atomic_load(&_value, &value, __ATOMIC_RELAXED);
        return value;
    }
    Relaxed& operator=(T value) {
        __atomic_store(&_value, &value, __ATOMIC_RELAXED);
        return *this;
    }

private:
    T _value;
};

} // namespace kernel
