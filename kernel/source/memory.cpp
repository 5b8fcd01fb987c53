// SPDX-License-Identifier: MIT
#include <arch/frames.hpp>
#include <kernel/log.hpp>
#include <kernel/memory.hpp>
#include <kernel/process.hpp>

namespace kernel {

namespace {

// The word of a frame: how many regions have it beside the first one, and
constexpr uint64_t lent = uint64_t{1} << 63; // never to return to the pool

bool shared(Pfn frame) {
    return (__atomic_load_n(&frame_pool().link(frame), __ATOMIC_RELAXED) & ~lent) != 0;
}

Pfn share(Pfn frame) {
    __atomic_fetch_add(&frame_pool().link(frame), 1, __ATOMIC_RELAXED);
    return frame;
}

// One region less has the frame.
void leave(Pfn frame) {
    uint64_t& word = frame_pool().link(frame);
    uint64_t seen = __atomic_load_n(&word, __ATOMIC_RELAXED);
    while (seen & ~lent)
        if (__atomic_compare_exchange_n(&word, &seen, seen - 1, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED))
            return;
    if (!(seen & lent))
        frame_pool().give(frame);
}

Result<Pfn> copy_of(Pfn frame) {
    Pfn const copied = TRY(frame_pool().take_for_user());
    arch::copy_frame(copied, frame);
    return copied;
}

struct Part {
    Memory const& memory;
    uint64_t first;

    static arch::Page page(void const* of, uint64_t index) {
        auto const& part = *static_cast<Part const*>(of);
        Pfn const frame = part.memory.frame(part.first + index);
        return {frame, shared(frame)};
    }
};

uint64_t address_of(Mapping const& mapping, uint64_t page) {
    return mapping.begin() + (page - mapping.first()) * page_size;
}

} // namespace

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
    place(_count++) = frame;
    return {};
}

// The frame is left when that fails.
Result<void> Memory::add_charged(Pfn frame) {
    auto added = quota().charge(page_size);
    if (added.ok() && !(added = add(frame)).ok())
        quota().refund(page_size);
    if (!added.ok())
        leave(frame);
    return added;
}

// What was taken before a shortage goes back with the object.
Result<void> Memory::fill(uint64_t count) {
    while (_count < count) {
        Pfn const frame = TRY(frame_pool().take_for_user());
        TRY_VOID(add_charged(frame));
        arch::clear_frame(frame);
    }
    return {};
}

// Pinned, so that copies of it do not share the frame. Before all that it has no frame.
Result<void*> Memory::fill_for_kernel(Memory_writer* writer) {
    TRY_VOID(quota().charge(page_size));
    auto const page = take_kernel_page();
    if (!page.ok()) {
        quota().refund(page_size);
        return page.error();
    }
    if (auto const added = add(arch::frame_of(page.value())); !added.ok()) {
        give_kernel_page(page.value());
        quota().refund(page_size);
        return added.error();
    }
    pin(); // the page is new, nobody shares it
    _written_by_kernel = true;
    _writer = writer;
    return page.value();
}

// Constant frames count as shared, so that they are copied rather than written.
Result<void> Memory::cover(Pfn first, uint64_t count, Lent how) {
    _charged = false;
    _changing = how == Lent::changing;
    while (_count < count) {
        Pfn const frame{first.value + _count};
        TRY_VOID(add(frame));
        frame_pool().link(frame) = lent | (how == Lent::constant);
    }
    return {};
}

Result<void> Memory::copy(Memory& source, uint64_t first, uint64_t count) {
    Lock_guard const guard{source._lock};
    bool const at_once = source._changing || source._pins || source._separate;
    for (uint64_t page = first; page < first + count; ++page) {
        Pfn const theirs = source.frame(page);
        Pfn const ours = at_once ? TRY(copy_of(theirs)) : share(theirs);
        TRY_VOID(add_charged(ours));
    }
    if (!at_once)
        source.forbid_writes(first, count);
    return {};
}

void Memory::enter(Mapping& mapping, uint64_t count, arch::Table_reserve& tables) {
    Lock_guard const guard{_lock};
    Part const part{*this, mapping.first() + mapping.count()};
    mapping.process().space().enter(User_address{mapping.end()}, {Part::page, &part}, count,
                                    mapping.rights(), tables);
    if (!mapping.Memory_tag::linked()) {
        _mappings.push_back(mapping);
        ++_mapping_count;
    }
    mapping.grow(count);
}

void Memory::remove(Mapping& mapping) {
    Lock_guard const guard{_lock};
    _mappings.remove(mapping);
    --_mapping_count;
}

void Memory::add_rest(Mapping& rest) {
    _mappings.push_back(rest);
    ++_mapping_count;
}

Result<bool> Memory::separate_step() {
    Lock_guard const guard{_lock};
    // What nobody pays for are lent frames: nobody writes to them here.
    if (_mapping_count < most_sharing_mappings || _separated == _count || !_charged)
        return false;
    _separate = true;
    return own_step(_separated);
}

// Up to the first page that was shared.
Result<bool> Memory::own_step(uint64_t& page) {
    bool changed = false;
    for (uint64_t looked = 0; looked < look_step && page < _count && !changed; ++looked) {
        changed = shared(frame(page));
        if (changed)
            TRY_VOID(own_locked(page));
        ++page;
    }
    return page < _count;
}

void Memory::forbid_writes(uint64_t first, uint64_t count) {
    for (Mapping* mapping = _mappings.front(); mapping; mapping = _mappings.next(*mapping)) {
        uint64_t const end = mapping->first() + mapping->count();
        uint64_t const from = first < mapping->first() ? mapping->first() : first;
        uint64_t const to = first + count < end ? first + count : end;
        if (mapping->rights() == arch::Rights::read_write && from < to)
            mapping->process().space().forbid_writes(User_address{address_of(*mapping, from)},
                                                     to - from);
    }
}

// Every mapping of the page shows the frame that it has now.
void Memory::show(uint64_t page) {
    for (Mapping* mapping = _mappings.front(); mapping; mapping = _mappings.next(*mapping))
        if (page >= mapping->first() && page < mapping->first() + mapping->count())
            mapping->process().space().replace(User_address{address_of(*mapping, page)},
                                               frame(page), mapping->rights());
}

Result<void> Memory::own_locked(uint64_t page) {
    Pfn const before = frame(page);
    place(page) = TRY(copy_of(before));
    show(page);
    leave(before);
    return {};
}

Result<void> Memory::own(uint64_t page) {
    Lock_guard const guard{_lock};
    if (shared(frame(page)))
        TRY_VOID(own_locked(page));
    return {};
}

// When nobody shares it any more, other mappings may still refuse writes. They learn of it when
// they are written to.
Result<void> Memory::allow_write(Mapping& mapping, uint64_t page) {
    Lock_guard const guard{_lock};
    if (shared(frame(page)))
        return own_locked(page);
    mapping.process().space().replace(User_address{address_of(mapping, page)}, frame(page),
                                      mapping.rights());
    return {};
}

void Memory::pin() {
    Lock_guard const guard{_lock};
    ++_pins;
}

Result<bool> Memory::pin_step(uint64_t& page) {
    Lock_guard const guard{_lock};
    return own_step(page);
}

void Memory::unpin() {
    Lock_guard const guard{_lock};
    ASSERT(_pins != 0);
    --_pins;
}

// From the end. A list goes with the last frame in it.
void Memory::release_some() {
    uint64_t const before = _count;
    uint64_t const kept = before > release_step ? before - release_step : 0;
    uint64_t const border = before ? (before - 1) / list_length * list_length : 0;
    uint64_t const end = kept > border ? kept : border;
    while (_count > end)
        leave(frame(--_count));
    if (_charged)
        quota().refund((before - end) * page_size);
    Pfn*& list = _lists[end / list_length];
    if (end != border || !list)
        return;
    give_kernel_page(list);
    quota().refund(page_size);
    list = nullptr;
}

// What is small goes at once.
void Memory::last_reference_gone() {
    if (_writer)
        _writer->memory_goes();
    if (_written_by_kernel)
        arch::unmap_frame(frame(0));
    if (_count > release_step)
        return leave_behind(*this);
    release_some();
    unmake(*this);
}

void Memory::take_apart() {
    release_some();
    if (_count)
        return;
    unlink();
    unmake(*this);
}

} // namespace kernel
