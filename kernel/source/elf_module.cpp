// SPDX-License-Identifier: MIT
// Names and values are those of the System V ABI, "Object Files" and "Dynamic Linking".
#include <arch/module_format.hpp>
#include <kernel/algorithm.hpp>
#include <kernel/elf_module.hpp>

namespace kernel {

namespace {

struct File_header {
    uint8_t identification[16];
    uint16_t type;
    uint16_t machine;
    uint32_t version;
    uint64_t entry;
    uint64_t program_headers;
    uint64_t section_headers;
    uint32_t flags;
    uint16_t size;
    uint16_t program_header_size;
    uint16_t program_header_count;
    uint16_t section_header_size;
    uint16_t section_header_count;
    uint16_t section_names;
};
static_assert(sizeof(File_header) == 64);

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
static_assert(sizeof(Program_header) == 56);

struct Dynamic_entry {
    uint64_t tag;
    uint64_t value;
};

constexpr uint8_t expected[]{0x7f, 'E', 'L', 'F', 2, 1, 1}; // 64 bits, little-endian, version 1
constexpr uint16_t shared_object = 3;

enum Segment_kind : uint32_t {
    load = 1,
    dynamic = 2,
    note = 4,
    program_header_table = 6,
    stack = 0x6474e551,
    read_only_after_relocation = 0x6474e552,
    property = 0x6474e553,
};

enum Segment_flag : uint32_t { executable = 1, writable = 2, readable = 4 };

enum Dynamic_tag : uint64_t {
    end = 0,
    hash = 4,
    string_table = 5,
    symbol_table = 6,
    relocations = 7,
    relocation_bytes = 8,
    relocation_size = 9,
    string_bytes = 10,
    symbol_size = 11,
    own_name = 14,
    symbolic = 16,
    flags = 30,
    relative_count = 0x6ffffff9,
    more_flags = 0x6ffffffb,
    gnu_hash = 0x6ffffef5,
};
constexpr uint64_t flag_symbolic = 2; // of `flags`: the only one that asks for nothing

template <typename T>
T read(uint8_t const* bytes, uint64_t offset) {
    T value;
    __builtin_memcpy(&value, bytes + offset, sizeof value);
    return value;
}

// Whether [begin, begin + size) lies within [0, whole).
bool inside(uint64_t begin, uint64_t size, uint64_t whole) {
    return begin <= whole && size <= whole - begin;
}

} // namespace

Module_error Elf_module::open(uint8_t const* bytes, uint64_t size) {
    if (size < sizeof(File_header) || size > abi::largest_policy_file)
        return Module_error::size;
    auto const header = read<File_header>(bytes, 0);
    if (__builtin_memcmp(header.identification, expected, sizeof expected) != 0)
        return Module_error::magic;
    if (header.machine != arch::elf_machine || header.type != shared_object)
        return Module_error::machine;
    _size = size;
    _entry = header.entry;
    if (auto const error = read_segments(bytes); error != Module_error::none)
        return error;
    if (auto const error = read_dynamic(bytes); error != Module_error::none)
        return error;
    if (auto const error = check_relocations(bytes); error != Module_error::none)
        return error;
    Segment const* const place = segment_of(_entry, sizeof(abi::Policy_module));
    bool const good = place && !place->writable && !place->executable &&
                      _entry % alignof(abi::Policy_module) == 0;
    return good ? Module_error::none : Module_error::descriptor_place;
}

Module_error Elf_module::read_segments(uint8_t const* bytes) {
    auto const header = read<File_header>(bytes, 0);
    uint64_t const count = header.program_header_count;
    if (header.program_header_size != sizeof(Program_header) || count == 0 ||
        count > 2 * most_segments ||
        !inside(header.program_headers, count * sizeof(Program_header), _size))
        return Module_error::program_headers;
    for (uint64_t i = 0; i < count; ++i) {
        auto const error = add_segment(bytes + header.program_headers + i * sizeof(Program_header));
        if (error != Module_error::none)
            return error;
    }
    return _segment_count ? Module_error::none : Module_error::program_headers;
}

Module_error Elf_module::add_segment(uint8_t const* place) {
    auto const header = read<Program_header>(place, 0);
    switch (header.type) {
    case Segment_kind::load:
        break;
    case Segment_kind::dynamic:
        if (_dynamic_bytes || !header.file_bytes || header.offset != header.address)
            return Module_error::dynamic_section;
        _dynamic = header.address;
        _dynamic_bytes = header.file_bytes;
        return Module_error::none;
    case Segment_kind::stack:
        return header.flags & executable ? Module_error::segment_rights : Module_error::none;
    case Segment_kind::note:
    case Segment_kind::program_header_table:
    case Segment_kind::read_only_after_relocation:
    case Segment_kind::property:
        return Module_error::none;
    default:
        return Module_error::segment_kind;
    }
    if (!header.memory_bytes && !header.file_bytes)
        return Module_error::none; // no data, as the linker script writes it
    if (!(header.flags & readable) || ((header.flags & writable) && (header.flags & executable)))
        return Module_error::segment_rights;
    if (header.offset != header.address || !page_aligned(header.offset) ||
        !inside(header.offset, header.file_bytes, _size))
        return Module_error::segment_place;
    if (header.file_bytes != header.memory_bytes)
        return Module_error::segment_size;
    if (_segment_count == most_segments)
        return Module_error::program_headers;
    if (_segment_count && header.address < pages() * page_size)
        return Module_error::segment_order;
    _segments[_segment_count++] = {header.address, header.address + header.file_bytes,
                                   (header.flags & writable) != 0,
                                   (header.flags & executable) != 0};
    return Module_error::none;
}

// Without one there is nothing to relocate.
Module_error Elf_module::read_dynamic(uint8_t const* bytes) {
    if (!_dynamic_bytes)
        return Module_error::none;
    if (_dynamic % 8 != 0 || !segment_of(_dynamic, _dynamic_bytes))
        return Module_error::dynamic_section;
    for (uint64_t at = 0; _dynamic_bytes - at >= sizeof(Dynamic_entry);
         at += sizeof(Dynamic_entry)) {
        auto const entry = read<Dynamic_entry>(bytes, _dynamic + at);
        switch (entry.tag) {
        case Dynamic_tag::end:
            return Module_error::none;
        case Dynamic_tag::relocations:
            _relocations = entry.value;
            break;
        case Dynamic_tag::relocation_bytes:
            _relocation_bytes = entry.value;
            break;
        case Dynamic_tag::relocation_size:
            _relocation_size = entry.value;
            break;
        case Dynamic_tag::flags:
            if (entry.value & ~flag_symbolic)
                return Module_error::dynamic_entry;
            break;
        case Dynamic_tag::hash:
        case Dynamic_tag::gnu_hash:
        case Dynamic_tag::string_table:
        case Dynamic_tag::symbol_table:
        case Dynamic_tag::string_bytes:
        case Dynamic_tag::symbol_size:
        case Dynamic_tag::own_name:
        case Dynamic_tag::symbolic:
        case Dynamic_tag::relative_count:
        case Dynamic_tag::more_flags:
            break;
        default:
            return Module_error::dynamic_entry;
        }
    }
    return Module_error::dynamic_section;
}

Module_error Elf_module::check_relocations(uint8_t const* bytes) const {
    if (!_relocation_bytes)
        return Module_error::none;
    uint64_t const count = _relocation_bytes / sizeof(Relocation);
    if (_relocation_size != sizeof(Relocation) || _relocation_bytes % sizeof(Relocation) != 0 ||
        count > most_relocations || _relocations % 8 != 0 ||
        !segment_of(_relocations, _relocation_bytes) ||
        segment_of(_relocations, _relocation_bytes)->writable)
        return Module_error::relocation_table;
    for (uint64_t i = 0; i < count; ++i)
        if (auto const error = check_relocation(relocation(bytes, i)); error != Module_error::none)
            return error;
    return Module_error::none;
}

Module_error Elf_module::check_relocation(Relocation const& relocation) const {
    constexpr uint64_t word = sizeof(uint64_t);
    if (relocation.info != arch::elf_relative_relocation) // and symbol 0 above
        return Module_error::relocation_kind;
    Segment const* const place = segment_of(relocation.place, word);
    bool const in_table = relocation.place + word > _relocations &&
                          relocation.place < _relocations + _relocation_bytes;
    if (!place || place->executable || relocation.place % word != 0 || in_table)
        return Module_error::relocation_place;
    return segment_of(relocation.addend, 0) ? Module_error::none : Module_error::relocation_target;
}

Elf_module::Relocation Elf_module::relocation(uint8_t const* bytes, uint64_t number) const {
    return read<Relocation>(bytes, _relocations + number * sizeof(Relocation));
}

// The segment that holds [begin, begin + size).
Elf_module::Segment const* Elf_module::segment_of(uint64_t begin, uint64_t size) const {
    for (unsigned i = 0; i < _segment_count; ++i)
        if (begin >= _segments[i].begin && begin <= _segments[i].end &&
            size <= _segments[i].end - begin)
            return &_segments[i];
    return nullptr;
}

uint64_t Elf_module::pages() const {
    return _segment_count ? kernel::pages(_segments[_segment_count - 1].end) : 0;
}

void Elf_module::relocate(uint8_t* bytes) const {
    for (uint64_t i = 0; i < _relocation_bytes / sizeof(Relocation); ++i) {
        Relocation const each = relocation(bytes, i);
        uint64_t const value = reinterpret_cast<uint64_t>(bytes) + each.addend;
        __builtin_memcpy(bytes + each.place, &value, sizeof value);
    }
    for (unsigned i = 0; i < _segment_count; ++i) {
        uint64_t const end = _segments[i].end;
        __builtin_memset(bytes + end, 0, kernel::pages(end) * page_size - end);
    }
}

abi::Policy_module const& Elf_module::descriptor(uint8_t const* bytes) const {
    return *reinterpret_cast<abi::Policy_module const*>(bytes + _entry);
}

bool Elf_module::is_code(void const* function, uint8_t const* bytes) const {
    uint64_t const place = reinterpret_cast<uint64_t>(function) - reinterpret_cast<uint64_t>(bytes);
    Segment const* const segment = segment_of(place, 1);
    return segment && segment->executable;
}

Module_error Elf_module::check_descriptor(uint8_t const* bytes) const {
    abi::Policy_module const& module = descriptor(bytes);
    if (!valid(module))
        return Module_error::descriptor_contents;
    bool const schedules = module.kind == abi::Policy_kind::scheduler;
    // Function pointers and nothing else.
    using Function = void const*;
    static_assert(sizeof(abi::Policy_scheduler) % sizeof(Function) == 0 &&
                  sizeof(abi::Policy_coordinator) % sizeof(Function) == 0);
    auto const* const functions = reinterpret_cast<Function const*>(
        schedules ? static_cast<void const*>(&module.scheduler) : &module.coordinator);
    uint64_t const bytes_of_them =
        schedules ? sizeof(abi::Policy_scheduler) : sizeof(abi::Policy_coordinator);
    for (uint64_t i = 0; i < bytes_of_them / sizeof(Function); ++i)
        if (!is_code(functions[i], bytes))
            return Module_error::function_place;
    return Module_error::none;
}

} // namespace kernel
