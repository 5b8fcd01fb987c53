// SPDX-License-Identifier: MIT
// A slab whose every object takes a page from the provider and lies in memory of the host by
// itself, so that the sanitizer sees each use after its end.
#pragma once

#include <cstdlib>
#include <cstring>
#include <kernel/list.hpp>
#include <kernel/lock.hpp>
#include <kernel/result.hpp>
#include <kernel/types.hpp>
#include <map>

namespace kernel {

template <typename Pages>
class Slab {
public:
    static constexpr uint64_t alignment = 64;

    constexpr explicit Slab(uint64_t size)
        : _size{(size + alignment - 1) / alignment * alignment} {}

    uint64_t object_bytes() const { return _size; }

    Result<void*> allocate() {
        void* const page = TRY(Pages::take());
        void* const object = std::aligned_alloc(alignment, _size);
        std::memset(object, 0xa5, _size);
        pages()[object] = page;
        return object;
    }

    void release(void* object) {
        auto const at = pages().find(object);
        Pages::give(at->second);
        pages().erase(at);
        std::free(object);
    }

private:
    static std::map<void*, void*>& pages() {
        static std::map<void*, void*> instance;
        return instance;
    }

    uint64_t const _size;
};

} // namespace kernel
