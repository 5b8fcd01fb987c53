// SPDX-License-Identifier: MIT
#include <kernel/memory_operations.hpp>

namespace kernel {

namespace {

// How many of the pages that are left one step takes.
uint64_t step_of(uint64_t most, uint64_t left) {
    uint64_t const may = frame_pool().scarce() ? 1 : most;
    return left < may ? left : may;
}

// True: the last step. The memory goes where its maker finds it.
bool hand_out(Thread& caller, Process& place, Ref<Memory> const& memory) {
    auto const slot = place.table().add({Ref<Object>{*memory}, abi::memory_permission::all, 0});
    caller.registers().answer(slot.error());
    if (slot.ok())
        caller.registers().set_word(0, slot.value());
    return true;
}

// Behind a step that made or copied a part of `memory`, which is to have `count` pages. True: there
// is more to do. Else the caller has its answer.
bool goes_on(Thread& caller, Process& place, Ref<Memory> const& memory, uint64_t count,
             Result<void> const& part) {
    if (!part.ok()) {
        caller.registers().answer(part.error());
        return false;
    }
    return memory->count() < count || !hand_out(caller, place, memory);
}

} // namespace

bool Create_operation::step(Thread& caller) {
    uint64_t const done = _memory->count();
    return goes_on(caller, *_place, _memory, _count,
                   _memory->fill(done + step_of(Memory::fill_step, _count - done)));
}

bool Copy_operation::step(Thread& caller) {
    uint64_t const done = _memory->count();
    return goes_on(caller, *_place, _memory, _count,
                   _memory->copy(*_source, _first + done,
                                 step_of(Memory::copy_step_of(*_source), _count - done)));
}

bool Map_operation::step(Thread& caller) {
    if (_failed == Error::none) {
        auto const more = _steps.step();
        if (more.ok() && more.value())
            return true;
        caller.registers().answer(more.error());
        if (more.ok())
            return false;
        _failed = more.error();
    }
    return _steps.undo();
}

bool Unmap_operation::step(Thread& caller) {
    auto const more = _steps.step();
    if (more.ok() && more.value())
        return true;
    caller.registers().answer(more.error());
    return false;
}

} // namespace kernel
