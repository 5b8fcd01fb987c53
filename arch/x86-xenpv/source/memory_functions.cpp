// SPDX-License-Identifier: MIT
// What compilers call by themselves. Nothing here is for calling by name: use __builtin_*.
#include <stddef.h>
#include <stdint.h>

extern "C" {
void* memset(void* to, int value, size_t size);
void* memcpy(void* to, void const* from, size_t size);
void* memmove(void* to, void const* from, size_t size);
int memcmp(void const* a, void const* b, size_t size);
void __cxa_pure_virtual();
int __cxa_atexit(void (*)(void*), void*, void*);
extern void* __dso_handle;
}

void* __dso_handle;

void* memset(void* to, int value, size_t size) {
    void* at = to;
    size_t count = size / 8;
    uint64_t const word = static_cast<unsigned char>(value) * 0x0101'0101'0101'0101;
    asm volatile("rep stosq" : "+D"(at), "+c"(count) : "a"(word) : "memory");
    count = size % 8;
    asm volatile("rep stosb" : "+D"(at), "+c"(count) : "a"(word) : "memory");
    return to;
}

void* memcpy(void* to, void const* from, size_t size) {
    void* at = to;
    size_t count = size / 8;
    asm volatile("rep movsq" : "+D"(at), "+S"(from), "+c"(count)::"memory");
    count = size % 8;
    asm volatile("rep movsb" : "+D"(at), "+S"(from), "+c"(count)::"memory");
    return to;
}

void* memmove(void* to, void const* from, size_t size) {
    if (to <= from)
        return memcpy(to, from, size);
    auto* target = static_cast<unsigned char*>(to);
    auto const* source = static_cast<unsigned char const*>(from);
    while (size-- > 0)
        target[size] = source[size];
    return to;
}

int memcmp(void const* a, void const* b, size_t size) {
    auto const* left = static_cast<unsigned char const*>(a);
    auto const* right = static_cast<unsigned char const*>(b);
    for (size_t i = 0; i < size; ++i)
        if (left[i] != right[i])
            return left[i] - right[i];
    return 0;
}

// A pure virtual call cannot happen; kernel objects are never destroyed at exit, as there is none.
void __cxa_pure_virtual() { __builtin_trap(); }
int __cxa_atexit(void (*)(void*), void*, void*) { return 0; }
