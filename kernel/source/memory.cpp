// SPDX-License-Identifier: MIT
#include <arch/frames.hpp>
#include <kernel/memory.hpp>
#include <kernel/process.hpp>

namespace kernel {

Result<void> Memory::add(Pfn frame) {
    uint64_t const list = _count / list_length;
    if (list == most_lists)
        return Error::invalid_argument;
    if (!_lists[list]) {
        TRY_VOID(quota().charge(page_size));
        auto const page = take_kernel_page();
        if (!page.ok()) {
            quota().refund(page_size);
            return page.error();
        }
        _lists[list] = static_cast<Pfn*>(page.value());
    }
    _lists[list][_count++ % list_length] = frame;
    frame_pool().link(frame) = reinterpret_cast<uint64_t>(this);
    return {};
}

Result<void> Memory::add_zeroed() {
    TRY_VOID(quota().charge(page_size));
    auto const frame = frame_pool().take_for_user();
    if (!frame.ok()) {
        quota().refund(page_size);
        return frame.error();
    }
    auto const added = add(frame.value());
    if (!added.ok()) {
        quota().refund(page_size);
        frame_pool().give(frame.value());
        return added;
    }
    arch::clear_frame(frame.value());
    return {};
}

// What was taken before a shortage goes back with the object.
Result<void> Memory::fill(uint64_t count) {
    while (_count < count)
        TRY_VOID(add_zeroed());
    return {};
}

Result<void> Memory::cover(Pfn first, uint64_t count) {
    _borrowed = true;
    while (_count < count)
        TRY_VOID(add(Pfn{first.value + _count}));
    return {};
}

namespace {

struct Part {
    Memory const& memory;
    uint64_t first;

    static Pfn frame(void const* of, uint64_t index) {
        auto const& part = *static_cast<Part const*>(of);
        return part.memory.frame(part.first + index);
    }
};

} // namespace

// The pages' references come first: a page may be unmapped again as soon as it is there.
Result<void> Memory::map(Process& process, User_address address, uint64_t first, uint64_t count,
                         arch::Rights rights) {
    for (uint64_t i = 0; i < count; ++i)
        acquire();
    Part const part{*this, first};
    auto const mapped = process.space().map(address, {Part::frame, &part}, count, rights);
    for (uint64_t i = 0; !mapped.ok() && i < count; ++i)
        (void)drop(); // not the last one: the caller has one
    return mapped;
}

void Memory::release_all() {
    for (uint64_t i = 0; i < _count; ++i) {
        if (_borrowed) {
            frame_pool().link(frame(i)) = 0;
            continue;
        }
        frame_pool().give(frame(i));
        quota().refund(page_size);
    }
    for (Pfn* const list : _lists)
        if (list) {
            give_kernel_page(list);
            quota().refund(page_size);
        }
}

void Memory::last_reference_gone() {
    release_all();
    unmake(*this);
}

} // namespace kernel
