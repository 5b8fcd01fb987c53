// SPDX-License-Identifier: MIT
// What compiled C++ calls by itself: new and delete, guards of local statics, ends of the road.
#include <lavandin/mutex.hpp>

#include <bits/functexcept.h>
#include <new>
#include <stdio.h>
#include <stdlib.h>

namespace {

[[noreturn]] void stop(char const* reason) {
    fprintf(stderr, "%s\n", reason);
    abort();
}

// One lock for all local statics, so that one may initialise another.
lavandin::Recursive_mutex static_guard;

} // namespace

// There are no exceptions: code that can do with less asks for new (std::nothrow).
void* operator new(size_t bytes) {
    void* const memory = malloc(bytes != 0 ? bytes : 1);
    if (memory == nullptr)
        stop("new: out of memory");
    return memory;
}
void* operator new[](size_t bytes) { return operator new(bytes); }

void* operator new(size_t bytes, std::nothrow_t const&) noexcept {
    return malloc(bytes != 0 ? bytes : 1);
}
void* operator new[](size_t bytes, std::nothrow_t const& tag) noexcept {
    return operator new(bytes, tag);
}

void operator delete(void* memory) noexcept { free(memory); }
void operator delete[](void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }
void operator delete[](void* memory, size_t) noexcept { free(memory); }

// Itanium C++ ABI, section 3.3.3: the first byte of a guard is set when its static is ready.
extern "C" int __cxa_guard_acquire(uint64_t* guard);
extern "C" void __cxa_guard_release(uint64_t* guard);
extern "C" void __cxa_guard_abort(uint64_t* guard);
extern "C" [[noreturn]] void __cxa_pure_virtual();
extern "C" [[gnu::visibility("hidden")]] void* __dso_handle;

void* __dso_handle = nullptr;

int __cxa_guard_acquire(uint64_t* guard) {
    auto* const ready = reinterpret_cast<uint8_t*>(guard);
    if (__atomic_load_n(ready, __ATOMIC_ACQUIRE) != 0)
        return 0;
    static_guard.lock();
    if (*ready == 0)
        return 1;
    static_guard.unlock();
    return 0;
}

void __cxa_guard_release(uint64_t* guard) {
    __atomic_store_n(reinterpret_cast<uint8_t*>(guard), uint8_t{1}, __ATOMIC_RELEASE);
    static_guard.unlock();
}

void __cxa_guard_abort(uint64_t*) { static_guard.unlock(); }

void __cxa_pure_virtual() { stop("a pure virtual function was called"); }

// Called by libstdc++'s templates where they would throw.
namespace std {
[[noreturn]] void __throw_bad_variant_access(char const* what);

void __throw_length_error(char const* what) { stop(what); }
void __throw_logic_error(char const* what) { stop(what); }
void __throw_out_of_range_fmt(char const* what, ...) { stop(what); }
void __throw_bad_alloc() { stop("out of memory"); }
void __throw_bad_array_new_length() { stop("array too long"); }
void __throw_bad_function_call() { stop("an empty std::function was called"); }
void __throw_bad_variant_access(char const* what) { stop(what); }
} // namespace std
