// SPDX-License-Identifier: MIT
#include "x86-64/bare_process.hpp"

#include "tests/common.hpp"

#include <string.h>

extern "C" {
#define HIDDEN [[gnu::visibility("hidden")]] extern uint8_t const
HIDDEN bare_begin[], bare_end[], bare_enter[], bare_inspect[], bare_yield[], bare_spin[],
    bare_fault[];
#undef HIDDEN
}

namespace conformance {

static_assert(offsetof(Bare_state, fpu) == BARE_FPU);
static_assert(offsetof(Bare_state, registers) == BARE_REGISTERS);
static_assert(offsetof(Bare_state, stack_pointer) == BARE_STACK_POINTER);
static_assert(offsetof(Bare_state, target) == BARE_TARGET);
static_assert(offsetof(Bare_state, ds) == BARE_SELECTORS);
static_assert(offsetof(Bare_state, magic) == BARE_MAGIC);
static_assert(offsetof(Bare_state, by_fs) == BARE_BY_FS);
static_assert(offsetof(Bare_state, by_gs) == BARE_BY_GS);
static_assert(offsetof(Bare_state, has_xsave) == BARE_HAS_XSAVE);
static_assert(offsetof(Bare_state, extended) == BARE_EXTENDED);
static_assert(sizeof(Bare_state) == BARE_STATE_BYTES);

namespace {

constexpr uint64_t quota = 96 * 1024;

uint64_t address(uint8_t const* code) {
    return BARE_TEXT + static_cast<uint64_t>(code - bare_begin);
}

// A page that this process writes.
Result<uint8_t*> map_here(Memory const& memory) {
    uint64_t const place = layout::fresh_addresses(page_size);
    TRY_VOID(memory_map(self_process, memory.index(), place, 0, page_size, read_write));
    return reinterpret_cast<uint8_t*>(place);
}

} // namespace

uint64_t bare_enter_address() { return address(bare_enter); }
uint64_t bare_inspect_address() { return address(bare_inspect); }
uint64_t bare_yield_address() { return address(bare_yield); }
uint64_t bare_spin_address() { return address(bare_spin); }
uint64_t bare_fault_address() { return address(bare_fault); }

Result<Bare_process> Bare_process::make_pages() {
    Bare_process made;
    for (Memory* memory : {&made._text, &made._soup_memory, &made._state_memory, &made._stack})
        *memory = TRY(Memory::create(page_size));
    auto* const text = TRY(map_here(made._text));
    memcpy(text, bare_begin, static_cast<size_t>(bare_end - bare_begin));
    made._soup = TRY(map_here(made._soup_memory));
    made._states = reinterpret_cast<Bare_state*>(TRY(map_here(made._state_memory)));
    return made;
}

Result<void> Bare_process::start(uint64_t entry, char const* name) {
    _ended = TRY(Notification::create());
    _process = TRY(Process::create(quota, name, 0, _ended.index()));
    TRY_VOID(_process.map(_text, BARE_TEXT, 0, page_size, read_execute));
    TRY_VOID(_process.map(_soup_memory, BARE_SOUP, 0, page_size, read_execute));
    TRY_VOID(_process.map(_state_memory, BARE_STATE, 0, page_size, read_write));
    TRY_VOID(_process.map(_stack, BARE_STACK, 0, page_size, read_write));
    lavandin::Capability const thread{
        TRY(thread_create(_process.index(), entry, BARE_STACK + page_size, BARE_STATE,
                          inherited().priority - 1, BARE_BUFFER))};
    return {};
}

Result<bool> Bare_process::end(uint64_t deadline) {
    bool const by_itself = _ended.wait(deadline).ok();
    TRY_VOID(_process.destroy(1));
    _information = TRY(_process.information());
    _process.reset();
    _ended.reset();
    return by_itself;
}

} // namespace conformance
