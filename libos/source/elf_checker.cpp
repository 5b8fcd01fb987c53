// SPDX-License-Identifier: MIT
#include "elf_checker.hpp"

#include <lavandin/abi/message.hpp>

namespace lavandin {

using namespace abi;

namespace {

constexpr std::array<uint8_t, 4> magic{0x7f, 'E', 'L', 'F'};
constexpr char note_name[] = "Lavandin";

constexpr uint64_t round_up(uint64_t value, uint64_t unit) {
    return (value + unit - 1) / unit * unit;
}

// Whether a program loaded with these flags may be; `rights` is what it gets.
bool decode_rights(uint32_t flags, Permissions& rights) {
    rights = memory_permission::read;
    if ((flags & elf::flag_write) != 0)
        rights |= memory_permission::write;
    if ((flags & elf::flag_execute) != 0)
        rights |= memory_permission::execute;
    return (flags & elf::flag_read) != 0 && rights != memory_permission::all;
}

} // namespace

Elf_program::Opened Elf_checker::run() {
    constexpr Check checks[] = {
        &Elf_checker::check_header,        &Elf_checker::check_segments,
        &Elf_checker::check_entry,         &Elf_checker::check_dynamic,
        &Elf_checker::check_relocations,   &Elf_checker::check_relro,
        &Elf_checker::check_thread_locals, &Elf_checker::check_notes,
    };
    for (auto const check : checks) {
        if (auto const error = (this->*check)(); error != Elf_error::none)
            return error;
    }
    return _program;
}

Elf_error Elf_checker::check_header() {
    if (!in_file(0, sizeof(elf::Header)))
        return Elf_error::truncated_header;
    _header = copy<elf::Header>(0);
    if (auto const error = check_kind(); error != Elf_error::none)
        return error;
    return check_place();
}

Elf_error Elf_checker::check_kind() const {
    if (memcmp(_header.identification, magic.data(), magic.size()) != 0)
        return Elf_error::wrong_magic;
    if (_header.identification[4] != elf::class_64 ||
        _header.identification[5] != elf::little_endian)
        return Elf_error::wrong_class;
    if (_header.identification[6] != elf::current_version ||
        _header.version != elf::current_version)
        return Elf_error::wrong_version;
    if (_header.machine != elf::machine_x86_64)
        return Elf_error::wrong_machine;
    if (_header.type != elf::type_shared)
        return Elf_error::wrong_type;
    return Elf_error::none;
}

Elf_error Elf_checker::check_place() {
    if (_header.program_header_bytes != sizeof(elf::Program_header))
        return Elf_error::program_header_size;
    if (!in_file(_header.program_header_offset,
                 uint64_t{_header.program_headers} * sizeof(elf::Program_header)))
        return Elf_error::program_headers_outside;
    return Elf_error::none;
}

elf::Program_header Elf_checker::program_header(size_t index) const {
    return copy<elf::Program_header>(_header.program_header_offset +
                                     index * sizeof(elf::Program_header));
}

Elf_program::Segment const* Elf_checker::holder(uint64_t address, uint64_t bytes) const {
    for (auto const& segment : _program.segments()) {
        if (address >= segment.address && address - segment.address <= segment.memory_bytes &&
            bytes <= segment.memory_bytes - (address - segment.address))
            return &segment;
    }
    return nullptr;
}

Elf_error Elf_checker::check_segments() {
    for (size_t i = 0; i < _header.program_headers; ++i) {
        auto const header = program_header(i);
        if (header.type == elf::segment_interpreter)
            return Elf_error::interpreter;
        if (header.type != elf::segment_load)
            continue;
        if (auto const error = add_segment(header); error != Elf_error::none)
            return error;
    }
    return _program._count != 0 ? Elf_error::none : Elf_error::no_segment;
}

Elf_error Elf_checker::add_segment(elf::Program_header const& header) {
    if (_program._count == Elf_program::maximum_segments)
        return Elf_error::too_many_segments;
    if (!in_file(header.offset, header.file_bytes))
        return Elf_error::segment_outside_file;
    if (header.memory_bytes == 0 || header.file_bytes > header.memory_bytes)
        return Elf_error::segment_size;
    if (header.offset % page_size != header.address % page_size)
        return Elf_error::segment_alignment;
    if (header.address > Elf_program::maximum_image_bytes ||
        header.memory_bytes > Elf_program::maximum_image_bytes - header.address)
        return Elf_error::segment_address;
    Elf_program::Segment segment{header.address, header.memory_bytes, header.offset,
                                 header.file_bytes, 0};
    if (_program._count != 0 && segment.page_begin() < _program.image_bytes())
        return Elf_error::segment_overlap;
    if (!decode_rights(header.flags, segment.rights))
        return Elf_error::segment_rights;
    _program._segments[_program._count++] = segment;
    return Elf_error::none;
}

Elf_error Elf_checker::check_entry() {
    auto const* const segment = holder(_header.entry, 1);
    if (segment == nullptr || (segment->rights & memory_permission::execute) == 0)
        return Elf_error::entry_outside;
    _program._entry = _header.entry;
    return Elf_error::none;
}

Elf_error Elf_checker::check_dynamic() {
    for (size_t i = 0; i < _header.program_headers; ++i) {
        auto const header = program_header(i);
        if (header.type != elf::segment_dynamic)
            continue;
        if (!in_file(header.offset, header.file_bytes))
            return Elf_error::dynamic_outside;
        if (auto const error = read_dynamic(header); error != Elf_error::none)
            return error;
    }
    return find_relocations();
}

Elf_error Elf_checker::read_dynamic(elf::Program_header const& header) {
    uint64_t const count = header.file_bytes / sizeof(elf::Dynamic_entry);
    for (uint64_t i = 0; i < count; ++i) {
        auto const entry = copy<elf::Dynamic_entry>(header.offset + i * sizeof(elf::Dynamic_entry));
        if (entry.tag == elf::dynamic_end)
            return Elf_error::none;
        if (auto const error = read_dynamic_entry(entry); error != Elf_error::none)
            return error;
    }
    return Elf_error::dynamic_outside;
}

Elf_error Elf_checker::read_dynamic_entry(elf::Dynamic_entry const& entry) {
    switch (entry.tag) {
    case elf::dynamic_needed:
        return Elf_error::library_needed;
    case elf::dynamic_rel:
    case elf::dynamic_relr:
    case elf::dynamic_text_relocations:
    case elf::dynamic_plt_relocation_bytes:
        return Elf_error::unsupported_relocations;
    case elf::dynamic_relocation_entry_bytes:
        return entry.value == sizeof(elf::Relocation) ? Elf_error::none
                                                      : Elf_error::unsupported_relocations;
    case elf::dynamic_relocations:
        _relocation_address = entry.value;
        return Elf_error::none;
    case elf::dynamic_relocation_bytes:
        _program._relocation_bytes = entry.value;
        return Elf_error::none;
    default:
        return Elf_error::none; // hash tables, symbols: of no use here
    }
}

// The dynamic section has the table's address; it is read from the file.
Elf_error Elf_checker::find_relocations() {
    uint64_t const bytes = _program._relocation_bytes;
    if (bytes == 0)
        return Elf_error::none;
    auto const* const segment = holder(_relocation_address, bytes);
    if (segment == nullptr || bytes % sizeof(elf::Relocation) != 0)
        return Elf_error::relocations_outside;
    uint64_t const place = _relocation_address - segment->address;
    if (place > segment->file_bytes || bytes > segment->file_bytes - place)
        return Elf_error::relocations_outside;
    _program._relocation_offset = segment->file_offset + place;
    return Elf_error::none;
}

Elf_error Elf_checker::check_relocations() {
    for (size_t i = 0; i < _program.relocation_count(); ++i) {
        auto const relocation = _program.relocation(i);
        if (relocation.type == elf::relocation_none)
            continue;
        if (relocation.symbol != 0 || (relocation.type != elf::relocation_relative &&
                                       relocation.type != elf::relocation_module))
            return Elf_error::relocation_type;
        auto const* const segment = holder(relocation.address, sizeof(uint64_t));
        if (segment == nullptr || !segment->writable())
            return Elf_error::relocation_outside;
    }
    return Elf_error::none;
}

Elf_error Elf_checker::check_relro() {
    for (size_t i = 0; i < _header.program_headers; ++i) {
        auto const header = program_header(i);
        if (header.type != elf::segment_relro || header.memory_bytes == 0)
            continue;
        auto const* const segment = holder(header.address, header.memory_bytes);
        // The whole of its first page and of its last one becomes read-only: it begins where the
        // segment does and ends on a page.
        if (segment == nullptr || !segment->writable() || header.address != segment->address ||
            (header.address + header.memory_bytes) % page_size != 0)
            return Elf_error::relro_outside;
        _program._relro_begin = segment->page_begin();
        _program._relro_end = header.address + header.memory_bytes;
    }
    return Elf_error::none;
}

// The program itself makes its thread-locals, and finds this header where it was loaded.
Elf_error Elf_checker::check_thread_locals() {
    for (size_t i = 0; i < _header.program_headers; ++i) {
        auto const header = program_header(i);
        if (header.type != elf::segment_thread_local || header.memory_bytes == 0)
            continue;
        if (header.file_bytes > header.memory_bytes ||
            header.memory_bytes > Elf_program::maximum_image_bytes ||
            (header.alignment & (header.alignment - 1)) != 0 || header.alignment > page_size)
            return Elf_error::thread_locals_size;
        if (holder(header.address, header.file_bytes) == nullptr)
            return Elf_error::thread_locals_outside;
    }
    return Elf_error::none;
}

Elf_error Elf_checker::check_notes() {
    for (size_t i = 0; i < _header.program_headers; ++i) {
        auto const header = program_header(i);
        if (header.type != elf::segment_note)
            continue;
        if (!in_file(header.offset, header.file_bytes))
            return Elf_error::note_outside;
        read_notes(header);
    }
    return Elf_error::none;
}

// Foreign and malformed notes are passed over: none of them is needed.
void Elf_checker::read_notes(elf::Program_header const& header) {
    uint64_t place = 0;
    while (header.file_bytes - place >= sizeof(elf::Note_header)) {
        auto const note = copy<elf::Note_header>(header.offset + place);
        place += sizeof note;
        uint64_t const name = place;
        uint64_t const content = name + round_up(note.name_bytes, 4);
        uint64_t const end = content + round_up(note.content_bytes, 4);
        if (end > header.file_bytes)
            return;
        if (note.type == elf::note_image_flags && note.name_bytes == sizeof note_name &&
            note.content_bytes == sizeof(uint32_t) &&
            memcmp(_program._file.data() + header.offset + name, note_name, sizeof note_name) == 0)
            _program._without_fpu =
                (copy<uint32_t>(header.offset + content) & elf::image_without_fpu) != 0;
        place = end;
    }
}

} // namespace lavandin
