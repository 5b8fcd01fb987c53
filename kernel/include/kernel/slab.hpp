// SPDX-License-Identifier: MIT
// Memory for objects of one size. Pages come from a provider; an empty page goes back.
//
//   page:  [ header: links, free list, used ] [ slot ] [ slot ] ...     slots 64-byte aligned
//
// Pure logic: the provider is a template parameter with `Result<void*> take()` and `void
// give(void*)`.
#pragma once

#include <kernel/list.hpp>
#include <kernel/lock.hpp>
#include <kernel/result.hpp>
#include <kernel/types.hpp>

namespace kernel {

template <typename Pages>
class Slab {
public:
    static constexpr uint64_t alignment = 64;

    // Object size in bytes, at most page_size - alignment.
    constexpr explicit Slab(uint64_t size)
        : _size{(size + alignment - 1) / alignment * alignment} {}

    // Bytes that one object really takes; what its owner is charged.
    uint64_t object_bytes() const { return _size; }

    // Uninitialised memory. Errors: those of the provider.
    Result<void*> allocate() {
        Lock_guard const guard{_lock};
        if (!_partial)
            TRY_VOID(add_page());
        Header& page = *_partial;
        Slot* const slot = page.free;
        page.free = slot->next; // NOLINT(clang-analyzer-core.NullDereference): partial has one
        if (++page.used == capacity())
            unlink(page);
        return slot;
    }

    void release(void* object) {
        Lock_guard const guard{_lock};
        auto& page =
            *reinterpret_cast<Header*>(reinterpret_cast<uint64_t>(object) & ~(page_size - 1));
        auto* const slot = static_cast<Slot*>(object);
        slot->next = page.free;
        page.free = slot;
        if (page.used-- == capacity())
            link(page);
        if (page.used == 0) {
            unlink(page);
            Pages::give(&page);
        }
    }

private:
    struct Slot {
        Slot* next;
    };

    struct alignas(alignment) Header {
        Header* next;
        Header* previous;
        Slot* free;
        uint64_t used;
    };

    uint64_t capacity() const { return (page_size - sizeof(Header)) / _size; }

    Result<void> add_page() {
        void* const memory = TRY(Pages::take());
        auto* const page = static_cast<Header*>(memory);
        page->free = nullptr;
        page->used = 0;
        for (uint64_t i = capacity(); i-- > 0;) {
            auto* const slot =
                reinterpret_cast<Slot*>(static_cast<char*>(memory) + sizeof(Header) + i * _size);
            slot->next = page->free;
            page->free = slot;
        }
        link(*page);
        return {};
    }

    void link(Header& page) {
        page.previous = nullptr;
        page.next = _partial;
        if (_partial)
            _partial->previous = &page;
        _partial = &page;
    }

    void unlink(Header& page) {
        if (page.next)
            page.next->previous = page.previous;
        (page.previous ? page.previous->next : _partial) = page.next;
    }

    Lock _lock; // guards everything
    uint64_t const _size;
    Header* _partial{nullptr}; // pages with a free slot
};

} // namespace kernel
