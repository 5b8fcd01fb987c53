// SPDX-License-Identifier: MIT
#include "x86-64/soup.hpp"

#include "tests/common.hpp"

#include <string.h>

extern "C" [[gnu::visibility("hidden")]] uint8_t const bare_ingredients[];

namespace conformance {

namespace {

struct Piece {
    uint8_t const* code;
    uint8_t bytes;
};

Piece ingredient(size_t number) {
    uint8_t const* at = bare_ingredients;
    while (number-- > 0)
        at += 1 + *at;
    return {at + 1, *at};
}

constexpr uint64_t interesting[]{
    0,
    1,
    2,
    8,
    0xe02b,
    BARE_STATE,
    BARE_STACK + 0x800,
    BARE_SOUP,
    user_end,
    0x0000'8000'0000'0000,
    0xffff'8000'0000'0000,
    0xffff'8200'0000'0000,
    0xffff'8800'0000'0000,
    0xffff'ffff'8000'0000,
    ~uint64_t{0},
};

// Those of which user mode can load each: carry to overflow, direction, alignment check,
// identification.
constexpr uint64_t loadable_flags = 0x240cd5;
constexpr uint64_t always = 0x202;
constexpr uint16_t loadable_selectors[]{0, 0, 0, 1, 3, 0xe023, 0xe02b, 0xe033};

uint64_t word(fuzz::Random& random) {
    uint64_t const luck = random.below(8);
    if (luck < 4)
        return random.any_of(interesting);
    return luck < 7 ? random.below(256) : random.next();
}

} // namespace

size_t ingredient_count() {
    size_t count = 0;
    for (uint8_t const* at = bare_ingredients; *at; at += 1 + *at)
        ++count;
    return count;
}

void make_soup(fuzz::Random& random, uint8_t* page, size_t first) {
    size_t const count = ingredient_count();
    for (size_t i = 0; i < page_size; ++i)
        page[i] = static_cast<uint8_t>(random.next());
    constexpr size_t pieces = 24;
    size_t at = 0;
    for (size_t i = 0; i < pieces; ++i) {
        Piece const piece = ingredient(i == 0 ? first % count : random.below(count));
        memcpy(page + at, piece.code, piece.bytes);
        if (i != 0 && random.one_in(4))
            page[at + random.below(piece.bytes)] ^= static_cast<uint8_t>(random.next());
        at += piece.bytes + (random.one_in(3) ? random.below(8) : 0);
    }
}

void make_state(fuzz::Random& random, Bare_state& state) {
    auto* const words = reinterpret_cast<uint64_t*>(&state.registers);
    for (size_t i = 0; i < sizeof state.registers / sizeof *words; ++i)
        words[i] = word(random);
    state.registers.rflags = always | (random.next() & loadable_flags);
    state.stack_pointer = random.one_in(4) ? word(random) : BARE_STACK + 0x800;
    state.target = random.one_in(4) ? BARE_SOUP + random.below(page_size) : BARE_SOUP;
    for (uint16_t* selector : {&state.ds, &state.es, &state.fs, &state.gs})
        *selector = random.any_of(loadable_selectors);
    auto* const bytes = reinterpret_cast<uint8_t*>(&state.fpu);
    for (size_t i = 0; i < sizeof state.fpu; ++i)
        bytes[i] = static_cast<uint8_t>(random.next());
    state.fpu.mxcsr &= 0xffbf; // without the bits that fault
}

} // namespace conformance
