// SPDX-License-Identifier: MIT
#include "sample_elf.hpp"

#include <lavandin/elf_program.hpp>

#include <functional>
#include <gtest/gtest.h>
#include <set>
#include <string>

namespace lavandin {
namespace {

using abi::memory_permission::execute;
using abi::memory_permission::read;
using abi::memory_permission::write;

constexpr uint64_t base = 0x10000000;

Elf_error reason(std::function<void(Sample_elf&)> change) {
    Sample_elf sample;
    change(sample);
    return Elf_program::open(sample.span()).error();
}

uint64_t word(std::vector<std::byte> const& memory, size_t place) {
    uint64_t value;
    memcpy(&value, &memory[place], sizeof value);
    return value;
}

std::vector<std::byte> place(Elf_program const& program, size_t index) {
    auto const& segment = program.segments()[index];
    std::vector<std::byte> memory(segment.page_bytes());
    program.place(segment, memory, base, 1);
    return memory;
}

TEST(ElfProgram, ReadsAGoodOne) {
    Sample_elf sample;
    auto const opened = Elf_program::open(sample.span());
    ASSERT_TRUE(opened.ok()) << text(opened.error());
    auto const& program = opened.value();
    ASSERT_EQ(program.segments().size(), 3u);
    EXPECT_EQ(program.segments()[0].rights, read);
    EXPECT_EQ(program.segments()[1].rights, read | execute);
    EXPECT_EQ(program.segments()[2].rights, read | write);
    EXPECT_EQ(program.segments()[2].page_begin(), 0x2000u);
    EXPECT_EQ(program.segments()[2].page_bytes(), 0x3000u);
    EXPECT_EQ(program.image_bytes(), 0x5000u);
    EXPECT_EQ(program.entry(), 0x1010u);
    EXPECT_EQ(program.relro_begin(), 0x2000u);
    EXPECT_EQ(program.relro_end(), 0x3000u);
    EXPECT_TRUE(program.without_fpu());
}

TEST(ElfProgram, PlacesAndRelocates) {
    Sample_elf sample;
    auto const opened = Elf_program::open(sample.span());
    auto const& program = opened.value();
    EXPECT_EQ(place(program, 1)[0x10], std::byte{0x90});
    auto const data = place(program, 2);
    EXPECT_EQ(data[0x10], std::byte{0x55});
    EXPECT_EQ(data[0x1070], std::byte{0x77});
    EXPECT_EQ(word(data, 0x200), base + 0x1010);
    EXPECT_EQ(word(data, 0x208), 1u); // number of the module
    EXPECT_EQ(word(data, 0x1f00), base + 0x2010);
    EXPECT_EQ(word(data, 0x1f08), 0u);
}

TEST(ElfProgram, WithoutNoteUsesFpu) {
    Sample_elf sample;
    sample.program(Sample_elf::note).file_bytes = 0;
    EXPECT_FALSE(Elf_program::open(sample.span()).value().without_fpu());
}

TEST(ElfProgram, NamesWhatIsWrongWithTheHeader) {
    using E = Elf_error;
    EXPECT_EQ(reason([](auto& s) { s.bytes().resize(63); }), E::truncated_header);
    EXPECT_EQ(reason([](auto& s) { s.header().identification[1] = 'e'; }), E::wrong_magic);
    EXPECT_EQ(reason([](auto& s) { s.header().identification[4] = 1; }), E::wrong_class);
    EXPECT_EQ(reason([](auto& s) { s.header().identification[5] = 2; }), E::wrong_class);
    EXPECT_EQ(reason([](auto& s) { s.header().version = 2; }), E::wrong_version);
    EXPECT_EQ(reason([](auto& s) { s.header().machine = 40; }), E::wrong_machine);
    EXPECT_EQ(reason([](auto& s) { s.header().type = 2; }), E::wrong_type);
    EXPECT_EQ(reason([](auto& s) { s.header().program_header_bytes = 32; }),
              E::program_header_size);
    EXPECT_EQ(reason([](auto& s) { s.header().program_header_offset = ~0ull; }),
              E::program_headers_outside);
    EXPECT_EQ(reason([](auto& s) { s.header().entry = 0x10; }), E::entry_outside);
    EXPECT_EQ(reason([](auto& s) { s.header().entry = ~0ull; }), E::entry_outside);
}

TEST(ElfProgram, NamesWhatIsWrongWithSegments) {
    using E = Elf_error;
    using S = Sample_elf;
    auto const none = [](auto& s) {
        for (size_t i = 0; i < 3; ++i)
            s.program(i).type = 0;
    };
    EXPECT_EQ(reason(none), E::no_segment);
    EXPECT_EQ(reason([](auto& s) { s.program(S::text).offset = 0x10001000; }),
              E::segment_outside_file);
    EXPECT_EQ(reason([](auto& s) { s.program(S::text).memory_bytes = 0x7ff; }), E::segment_size);
    EXPECT_EQ(reason([](auto& s) { s.program(S::text).address = 0x1008; }), E::segment_alignment);
    EXPECT_EQ(reason([](auto& s) { s.program(S::data).memory_bytes = ~0ull; }), E::segment_address);
    EXPECT_EQ(reason([](auto& s) { s.program(S::data).address = 1ull << 40 | 0x10; }),
              E::segment_address);
    EXPECT_EQ(reason([](auto& s) { s.program(S::text).address = 0x0; }), E::segment_overlap);
    EXPECT_EQ(reason([](auto& s) { s.program(S::text).flags = 7; }), E::segment_rights);
    EXPECT_EQ(reason([](auto& s) { s.program(S::text).flags = 1; }), E::segment_rights);
    EXPECT_EQ(reason([](auto& s) { s.program(S::stack).type = 3; }), E::interpreter);
    auto const many = [](auto& s) {
        s.header().program_headers = 9;
        for (size_t i = 0; i < 9; ++i)
            s.program(i) = {1, 4, i * 0x1000 % 0x3000, i * 0x1000, 0, 0, 1, 0x1000};
    };
    EXPECT_EQ(reason(many), E::too_many_segments);
}

TEST(ElfProgram, NamesWhatIsWrongWithRelocations) {
    using E = Elf_error;
    EXPECT_EQ(reason([](auto& s) { s.program(3).offset = ~0ull; }), E::dynamic_outside);
    EXPECT_EQ(reason([](auto& s) { s.program(3).file_bytes = 0x40; }), E::dynamic_outside);
    EXPECT_EQ(reason([](auto& s) { s.dynamic_entry(3).tag = 1; }), E::library_needed);
    for (uint64_t const tag : {2u, 17u, 22u, 36u})
        EXPECT_EQ(reason([=](auto& s) { s.dynamic_entry(3).tag = tag; }),
                  E::unsupported_relocations);
    EXPECT_EQ(reason([](auto& s) { s.dynamic_entry(2).value = 16; }), E::unsupported_relocations);
    EXPECT_EQ(reason([](auto& s) { s.dynamic_entry(0).value = 0x7ff; }), E::relocations_outside);
    EXPECT_EQ(reason([](auto& s) { s.dynamic_entry(0).value = 0x3f00; }), E::relocations_outside);
    EXPECT_EQ(reason([](auto& s) { s.dynamic_entry(1).value = 25; }), E::relocations_outside);
    EXPECT_EQ(reason([](auto& s) { s.relocation(0).type = 18; }), E::relocation_type);
    EXPECT_EQ(reason([](auto& s) { s.relocation(0).symbol = 1; }), E::relocation_type);
    EXPECT_EQ(reason([](auto& s) { s.relocation(0).address = 0x1100; }), E::relocation_outside);
    EXPECT_EQ(reason([](auto& s) { s.relocation(0).address = 0x4009; }), E::relocation_outside);
    EXPECT_EQ(reason([](auto& s) { s.relocation(0).address = ~0ull; }), E::relocation_outside);
}

TEST(ElfProgram, NamesWhatIsWrongWithTheRest) {
    using E = Elf_error;
    using S = Sample_elf;
    EXPECT_EQ(reason([](auto& s) { s.program(S::relro).memory_bytes = 0xfe0; }), E::relro_outside);
    EXPECT_EQ(reason([](auto& s) { s.program(S::relro).address = 0x1000; }), E::relro_outside);
    EXPECT_EQ(reason([](auto& s) { s.program(S::locals).address = 0x5000; }),
              E::thread_locals_outside);
    EXPECT_EQ(reason([](auto& s) { s.program(S::locals).file_bytes = 9; }), E::thread_locals_size);
    EXPECT_EQ(reason([](auto& s) { s.program(S::locals).alignment = 3; }), E::thread_locals_size);
    EXPECT_EQ(reason([](auto& s) { s.program(S::note).offset = 0x3070; }), E::note_outside);
}

TEST(ElfProgram, SurvivesEveryCorruptedByte) {
    Sample_elf const good;
    size_t refused = 0;
    for (size_t at = 0; at < good.span().size(); ++at) {
        bool const interesting =
            at < 0x200 || (at >= 0x600 && at < 0x720) || (at >= 0x2100 && at < 0x2150);
        if (!interesting)
            continue;
        for (int const value : {0x00, 0x01, 0x08, 0x7f, 0x80, 0xff}) {
            Sample_elf sample;
            sample.bytes()[at] = static_cast<std::byte>(value);
            auto const opened = Elf_program::open(sample.span());
            refused += opened.ok() ? 0u : 1u;
            for (size_t i = 0; i < opened.value().segments().size(); ++i)
                place(opened.value(), i);
        }
    }
    EXPECT_GT(refused, 1000u);
}

TEST(ElfProgram, SurvivesEveryTruncation) {
    Sample_elf const good;
    for (size_t size = 0; size < good.span().size(); size += 7) {
        std::vector<std::byte> const part{good.span().begin(),
                                          good.span().begin() + static_cast<ptrdiff_t>(size)};
        EXPECT_FALSE(Elf_program::open(part).ok()) << size;
    }
}

// A file can be shared with somebody who changes it after it was checked.
TEST(ElfProgram, StaysInsideWhenTheFileChanges) {
    Sample_elf sample;
    auto const opened = Elf_program::open(sample.span());
    for (uint64_t const address : {0ull, 0x1ff9ull, 0x4ff9ull, 0x5000ull, ~0ull}) {
        sample.relocation(0).address = address;
        place(opened.value(), 2);
    }
}

TEST(ElfProgram, HasATextForEveryError) {
    std::set<std::string> texts;
    for (int i = 0; i <= static_cast<int>(Elf_error::note_outside); ++i)
        texts.insert(text(static_cast<Elf_error>(i)));
    EXPECT_EQ(texts.size(), static_cast<size_t>(Elf_error::note_outside) + 1);
}

} // namespace
} // namespace lavandin
