// SPDX-License-Identifier: MIT
#include <arch/frames.hpp>
#include <arch/module_area.hpp>
#include <kernel/log.hpp>
#include <kernel/page_run.hpp>
#include <kernel/policy.hpp>
#include <kernel/process.hpp>
#include <kernel/processors.hpp>

namespace kernel {

namespace {

constinit Lock area_lock; // guards `area`
constinit Page_runs<arch::module_area_pages> area;

Result<uint64_t> take_area(uint64_t count) {
    Lock_guard const guard{area_lock};
    return area.take(count);
}

void give_area(uint64_t first, uint64_t count) {
    Lock_guard const guard{area_lock};
    area.give(first, count);
}

} // namespace

uint8_t* Policy::image() const { return static_cast<uint8_t*>(arch::module_page(_first_page)); }

// What was taken before a shortage goes back with the object.
Result<void> Policy::load(Memory const& memory, uint64_t first, uint64_t bytes) {
    if (bytes == 0 || bytes > abi::largest_policy_file)
        return Error::invalid_argument;
    TRY_VOID(take_pages(memory, first, pages(bytes)));
    TRY_VOID(check(bytes));
    restrict();
    return take_states();
}

// A copy, so that nobody can change what has been looked at.
Result<void> Policy::take_pages(Memory const& memory, uint64_t first, uint64_t count) {
    _first_page = TRY(take_area(count));
    _area_pages = count;
    for (Pfn& frame : _frames)
        frame = no_frame;
    for (uint64_t i = 0; i < count; ++i) {
        TRY_VOID(quota().charge(page_size));
        auto const frame = frame_pool().take_for_kernel();
        if (!frame.ok()) {
            quota().refund(page_size);
            return frame.error();
        }
        _frames[i] = frame.value();
        arch::copy_frame(frame.value(), memory.frame(first + i));
        arch::map_module_page(_first_page + i, frame.value(), arch::Rights::read_write);
    }
    return {};
}

Result<void> Policy::check(uint64_t bytes) {
    auto error = _module.open(image(), bytes);
    if (error == Module_error::none) {
        _module.relocate(image());
        error = _module.check_descriptor(image());
    }
    if (error != Module_error::none) {
        log("scheduling: a module cannot be loaded: {}", text(error));
        return Error::invalid_argument;
    }
    _algorithm.serve(_module.descriptor(image()));
    return {};
}

// Each page gets the rights of its segment; one that is in none goes.
void Policy::restrict() {
    uint64_t next = 0;
    for (unsigned s = 0; s < _module.segment_count(); ++s) {
        Elf_module::Segment const& segment = _module.segment(s);
        for (; next < segment.begin / page_size; ++next)
            drop_page(next);
        auto const rights = segment.executable ? arch::Rights::read_execute
                            : segment.writable ? arch::Rights::read_write
                                               : arch::Rights::read;
        for (; next < pages(segment.end); ++next)
            arch::map_module_page(_first_page + next, _frames[next], rights);
    }
    for (; next < _area_pages; ++next)
        drop_page(next);
}

void Policy::drop_page(uint64_t number) {
    if (_frames[number] == no_frame)
        return;
    arch::unmap_module_page(_first_page + number);
    frame_pool().give(_frames[number]);
    _frames[number] = no_frame;
    quota().refund(page_size);
}

// At least a line of the cache, so that processors do not share one.
uint64_t Policy::state_bytes() const {
    constexpr uint64_t line = 64;
    uint64_t const bytes = _algorithm.module().state_bytes;
    return bytes <= line ? line : (bytes + line - 1) / line * line;
}

Result<void> Policy::take_states() {
    uint64_t const per_page = page_size / state_bytes();
    uint64_t const needed = (processors().possible() + per_page - 1) / per_page;
    for (uint64_t i = 0; i < needed; ++i) {
        TRY_VOID(quota().charge(page_size));
        auto const page = take_kernel_page();
        if (!page.ok()) {
            quota().refund(page_size);
            return page.error();
        }
        _state_pages[i] = page.value();
    }
    return {};
}

void* Policy::state(uint32_t processor) {
    uint64_t const per_page = page_size / state_bytes();
    return static_cast<char*>(_state_pages[processor / per_page]) +
           processor % per_page * state_bytes();
}

void Policy::describe(abi::Policy_information& information) const {
    information.place = place;
    information.installations = installations;
    information.picks = _algorithm.picks();
    _algorithm.describe(information);
}

void Policy::last_reference_gone() {
    for (uint64_t i = 0; i < _area_pages; ++i)
        drop_page(i);
    if (_area_pages)
        give_area(_first_page, _area_pages);
    for (void* const page : _state_pages)
        if (page) {
            give_kernel_page(page);
            quota().refund(page_size);
        }
    unmake(*this);
}

} // namespace kernel
