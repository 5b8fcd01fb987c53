// SPDX-License-Identifier: MIT
// Counted references to kernel objects. Move or copy; the last one to go lets the object go.
#pragma once

#include <stdint.h>

namespace kernel {

class Counted {
public:
    Counted() = default;
    Counted(Counted const&) = delete;
    Counted& operator=(Counted const&) = delete;

    void acquire() const { __atomic_fetch_add(&_count, 1, __ATOMIC_RELAXED); }
    // Fails when the last one is gone already: the object is on its way out.
    bool acquire_if_any() const {
        uint64_t count = references();
        while (count && !__atomic_compare_exchange_n(&_count, &count, count + 1, false,
                                                     __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
            ;
        return count != 0;
    }
    // True when this was the last one.
    bool drop() const { return __atomic_fetch_sub(&_count, 1, __ATOMIC_ACQ_REL) == 1; }
    uint64_t references() const { return __atomic_load_n(&_count, __ATOMIC_RELAXED); }

protected:
    ~Counted() = default;

private:
    mutable uint64_t _count{0};
};

// T derives from Counted and has `void last_reference_gone()`.
template <typename T>
class Ref {
public:
    constexpr Ref() = default;
    explicit Ref(T& object) : _object{&object} { _object->acquire(); }
    Ref(Ref const& other) : _object{other._object} {
        if (_object)
            _object->acquire();
    }
    Ref(Ref&& other) noexcept : _object{other._object} { other._object = nullptr; }
    ~Ref() { reset(); }

    Ref& operator=(Ref other) noexcept {
        T* const mine = _object;
        _object = other._object;
        other._object = mine;
        return *this;
    }

    void reset() {
        if (T* const object = _object) {
            _object = nullptr;
            if (object->drop())
                object->last_reference_gone();
        }
    }

    // The object, whose reference is the caller's to drop from now on.
    T* release() {
        T* const object = _object;
        _object = nullptr;
        return object;
    }

    T* get() const { return _object; }
    T* operator->() const { return _object; }
    T& operator*() const { return *_object; }
    explicit operator bool() const { return _object != nullptr; }

private:
    T* _object{nullptr};
};

} // namespace kernel
