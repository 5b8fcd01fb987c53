// SPDX-License-Identifier: MIT
// The parts of ELF64 that programs here use. From the System V ABI, chapters 4 and 5, and its AMD64
// supplement, section 4.4 (relocations).
#pragma once

#include <stdint.h>

namespace lavandin::elf {

struct Header {
    uint8_t identification[16];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t program_header_offset;
    uint64_t section_header_offset;
    uint32_t flags;
    uint16_t header_bytes;
    uint16_t program_header_bytes;
    uint16_t program_headers;
    uint16_t section_header_bytes;
    uint16_t section_headers;
    uint16_t section_names;
};

struct Program_header {
    uint32_t type;
    uint32_t flags;
    uint64_t offset;
    uint64_t address;
    uint64_t physical_address;
    uint64_t file_bytes;
    uint64_t memory_bytes;
    uint64_t alignment;
};

struct Dynamic_entry {
    uint64_t tag;
    uint64_t value;
};

struct Relocation {
    uint64_t address;
    uint32_t type;
    uint32_t symbol;
    int64_t addend;
};

struct Note_header {
    uint32_t name_bytes;
    uint32_t content_bytes;
    uint32_t type;
};

static_assert(sizeof(Header) == 64);
static_assert(sizeof(Program_header) == 56);
static_assert(sizeof(Relocation) == 24);

inline constexpr uint8_t class_64 = 2;      // identification[4]
inline constexpr uint8_t little_endian = 1; // identification[5]
inline constexpr uint8_t current_version = 1;
inline constexpr uint16_t type_shared = 3; // position independent
inline constexpr uint16_t machine_x86_64 = 62;

inline constexpr uint32_t segment_load = 1;
inline constexpr uint32_t segment_dynamic = 2;
inline constexpr uint32_t segment_interpreter = 3;
inline constexpr uint32_t segment_note = 4;
inline constexpr uint32_t segment_thread_local = 7;
inline constexpr uint32_t segment_relro = 0x6474e552;

inline constexpr uint32_t flag_execute = 1;
inline constexpr uint32_t flag_write = 2;
inline constexpr uint32_t flag_read = 4;

inline constexpr uint64_t dynamic_end = 0;
inline constexpr uint64_t dynamic_needed = 1;
inline constexpr uint64_t dynamic_plt_relocation_bytes = 2;
inline constexpr uint64_t dynamic_relocations = 7;
inline constexpr uint64_t dynamic_relocation_bytes = 8;
inline constexpr uint64_t dynamic_relocation_entry_bytes = 9;
inline constexpr uint64_t dynamic_rel = 17;
inline constexpr uint64_t dynamic_text_relocations = 22;
inline constexpr uint64_t dynamic_relr = 36;

inline constexpr uint32_t relocation_none = 0;
inline constexpr uint32_t relocation_relative = 8;
inline constexpr uint32_t relocation_module = 16; // DTPMOD64: number of the image's module

// Our own note (name "Lavandin"): one word of flags about the image.
inline constexpr uint32_t note_image_flags = 1;
inline constexpr uint32_t image_without_fpu = 1 << 0;

} // namespace lavandin::elf
