// SPDX-License-Identifier: MIT
// The kernel's own judgement of module files: those that the build makes, and what it must refuse.
#include <cstring>
#include <elf.h>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <kernel/elf_module.hpp>
#include <random>
#include <sys/mman.h>
#include <vector>

namespace kernel {
namespace {

using Bytes = std::vector<uint8_t>;

Bytes read_file(std::string const& name) {
    std::ifstream file{std::string{POLICIES} + "/" + name, std::ios::binary};
    EXPECT_TRUE(file) << name;
    return {std::istreambuf_iterator<char>{file}, {}};
}

// Where a file lies while it is looked at, with what is behind it on its last page.
class Place {
public:
    explicit Place(Bytes const& file) : _size{file.size()} {
        _bytes = static_cast<uint8_t*>(
            mmap(nullptr, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        std::memset(_bytes, 0xee, pages(_size) * page_size);
        std::copy(file.begin(), file.end(), _bytes);
    }
    ~Place() { munmap(_bytes, capacity); }
    Place(Place const&) = delete;
    Place& operator=(Place const&) = delete;

    Module_error open() { return module.open(_bytes, _size); }
    // All that the kernel does with a file; what is accepted can be used.
    Module_error load() {
        if (auto const error = open(); error != Module_error::none)
            return error;
        module.relocate(_bytes);
        return module.check_descriptor(_bytes);
    }
    uint8_t* bytes() { return _bytes; }

    Elf_module module;

private:
    static constexpr uint64_t capacity = 1 << 20;
    uint8_t* _bytes;
    uint64_t _size;
};

Module_error load(Bytes const& file) { return Place{file}.load(); }

Elf64_Ehdr& header(Bytes& file) { return *reinterpret_cast<Elf64_Ehdr*>(file.data()); }
Elf64_Phdr& segment(Bytes& file, uint32_t type, unsigned number = 0) {
    auto* each = reinterpret_cast<Elf64_Phdr*>(file.data() + header(file).e_phoff);
    for (unsigned i = 0; i < header(file).e_phnum; ++i)
        if (each[i].p_type == type && number-- == 0)
            return each[i];
    throw std::runtime_error{"no such segment"};
}
Elf64_Dyn& dynamic(Bytes& file, int64_t tag) {
    auto* each = reinterpret_cast<Elf64_Dyn*>(file.data() + segment(file, PT_DYNAMIC).p_offset);
    while (each->d_tag != tag)
        ++each;
    return *each;
}
Elf64_Rela& relocation(Bytes& file, unsigned number = 0) {
    return reinterpret_cast<Elf64_Rela*>(file.data() + dynamic(file, DT_RELA).d_un.d_ptr)[number];
}
abi::Policy_module& descriptor(Bytes& file) {
    return *reinterpret_cast<abi::Policy_module*>(file.data() + header(file).e_entry);
}

constexpr char const* names[]{"fixed-priority", "share", "strict-order",     "by-share",
                              "deadlines",      "liar",  "lying-coordinator"};

TEST(Elf_module, accepts_what_the_build_makes) {
    for (char const* name : names) {
        Place place{read_file(name)};
        EXPECT_EQ(place.load(), Module_error::none) << name << ": " << text(place.load());
        EXPECT_GE(place.module.segment_count(), 2u);
        EXPECT_LE(place.module.pages(), 3u);
    }
}

// Code of a module is called where it was loaded: two of them, each with a state of its own.
TEST(Elf_module, what_was_relocated_can_be_executed) {
    Place first{read_file("share")};
    Place second{read_file("share")};
    for (Place* each : {&first, &second}) {
        ASSERT_EQ(each->load(), Module_error::none);
        for (unsigned i = 0; i < each->module.segment_count(); ++i) {
            auto const& segment = each->module.segment(i);
            int const rights = PROT_READ | (segment.writable ? PROT_WRITE : 0) |
                               (segment.executable ? PROT_EXEC : 0);
            ASSERT_EQ(mprotect(each->bytes() + segment.begin, segment.end - segment.begin, rights),
                      0);
        }
        abi::Policy_module const& module = each->module.descriptor(each->bytes());
        EXPECT_STREQ(module.name, "share");
        alignas(64) char state[abi::largest_policy_state]{};
        abi::Policy_entity one{};
        one.handle = 41;
        one.parameter = 100;
        abi::Policy_entity two{};
        two.handle = 42;
        two.parameter = 100;
        auto const& functions = module.scheduler;
        functions.init(state, 0);
        functions.add(state, &one, abi::Policy_reason::woken, 0);
        functions.add(state, &two, abi::Policy_reason::woken, 0);
        EXPECT_EQ(functions.pick(state, 0), 41u);
        functions.charge(state, &one, 1000, 1);
        functions.add(state, &one, abi::Policy_reason::preempted, 0);
        EXPECT_EQ(functions.pick(state, 0), 42u);
        EXPECT_EQ(functions.count(state), 1u);
    }
}

TEST(Elf_module, what_lies_behind_segments_becomes_zero) {
    Place place{read_file("share")};
    ASSERT_EQ(place.load(), Module_error::none);
    for (unsigned i = 0; i < place.module.segment_count(); ++i)
        for (uint64_t at = place.module.segment(i).end; at % page_size != 0; ++at)
            ASSERT_EQ(place.bytes()[at], 0);
}

struct Case {
    char const* what;
    Module_error error;
    std::function<void(Bytes&)> spoil;
};

TEST(Elf_module, refuses_with_a_reason) {
    using enum Module_error;
    Case const cases[]{
        {"too large", size, [](Bytes& file) { file.resize(abi::largest_policy_file + 1); }},
        {"no ELF", magic, [](Bytes& file) { file[0] = 0; }},
        {"32 bits", magic, [](Bytes& file) { file[EI_CLASS] = ELFCLASS32; }},
        {"big-endian", magic, [](Bytes& file) { file[EI_DATA] = ELFDATA2MSB; }},
        {"machine", machine, [](Bytes& file) { header(file).e_machine = EM_AARCH64; }},
        {"fixed place", machine, [](Bytes& file) { header(file).e_type = ET_EXEC; }},
        {"no headers", program_headers, [](Bytes& file) { header(file).e_phnum = 0; }},
        {"many headers", program_headers, [](Bytes& file) { header(file).e_phnum = 60000; }},
        {"headers outside", program_headers, [](Bytes& file) { header(file).e_phoff = ~0ul; }},
        {"header size", program_headers, [](Bytes& file) { header(file).e_phentsize = 55; }},
        {"nothing to load", program_headers,
         [](Bytes& file) {
             for (int i = 0; i < 2; ++i)
                 segment(file, PT_LOAD).p_type = PT_NOTE;
         }},
        {"interpreter", segment_kind,
         [](Bytes& file) { segment(file, PT_GNU_STACK).p_type = PT_INTERP; }},
        {"thread-locals", segment_kind,
         [](Bytes& file) { segment(file, PT_GNU_STACK).p_type = PT_TLS; }},
        {"executable stack", segment_rights,
         [](Bytes& file) { segment(file, PT_GNU_STACK).p_flags |= PF_X; }},
        {"writable code", segment_rights,
         [](Bytes& file) { segment(file, PT_LOAD, 1).p_flags |= PF_W; }},
        {"unreadable code", segment_rights,
         [](Bytes& file) { segment(file, PT_LOAD, 1).p_flags = PF_X; }},
        {"elsewhere", segment_place,
         [](Bytes& file) { segment(file, PT_LOAD, 1).p_vaddr += 4096; }},
        {"not on a page", segment_place,
         [](Bytes& file) {
             segment(file, PT_LOAD, 1).p_vaddr += 16;
             segment(file, PT_LOAD, 1).p_offset += 16;
         }},
        {"outside", segment_place,
         [](Bytes& file) {
             segment(file, PT_LOAD, 1).p_filesz = 1 << 20;
             segment(file, PT_LOAD, 1).p_memsz = 1 << 20;
         }},
        {"far outside", segment_place,
         [](Bytes& file) {
             segment(file, PT_LOAD, 1).p_filesz = ~0ul - 100;
             segment(file, PT_LOAD, 1).p_memsz = ~0ul - 100;
         }},
        {"zeros beyond", segment_size, [](Bytes& file) { segment(file, PT_LOAD).p_memsz += 1; }},
        {"shared page", segment_order,
         [](Bytes& file) {
             segment(file, PT_LOAD, 1).p_vaddr = 0;
             segment(file, PT_LOAD, 1).p_offset = 0;
         }},
        {"two dynamic sections", dynamic_section,
         [](Bytes& file) {
             Elf64_Phdr const copied = segment(file, PT_DYNAMIC);
             segment(file, PT_GNU_STACK) = copied;
         }},
        {"dynamic section outside", dynamic_section,
         [](Bytes& file) {
             segment(file, PT_DYNAMIC).p_vaddr = 1 << 20;
             segment(file, PT_DYNAMIC).p_offset = 1 << 20;
         }},
        {"dynamic section does not end", dynamic_section,
         [](Bytes& file) { segment(file, PT_DYNAMIC).p_filesz = 32; }},
        {"misaligned dynamic section", dynamic_section,
         [](Bytes& file) {
             segment(file, PT_DYNAMIC).p_vaddr += 4;
             segment(file, PT_DYNAMIC).p_offset += 4;
         }},
        {"library", dynamic_entry, [](Bytes& file) { dynamic(file, DT_HASH).d_tag = DT_NEEDED; }},
        {"constructor", dynamic_entry,
         [](Bytes& file) { dynamic(file, DT_HASH).d_tag = DT_INIT_ARRAY; }},
        {"lazy relocations", dynamic_entry,
         [](Bytes& file) { dynamic(file, DT_HASH).d_tag = DT_JMPREL; }},
        {"changes code", dynamic_entry,
         [](Bytes& file) { dynamic(file, DT_FLAGS).d_un.d_val = DF_TEXTREL; }},
        {"table outside", relocation_table,
         [](Bytes& file) { dynamic(file, DT_RELA).d_un.d_ptr = 1 << 20; }},
        {"misaligned table", relocation_table,
         [](Bytes& file) { dynamic(file, DT_RELA).d_un.d_ptr += 4; }},
        {"entry size", relocation_table,
         [](Bytes& file) { dynamic(file, DT_RELAENT).d_un.d_val = 16; }},
        {"odd size", relocation_table,
         [](Bytes& file) { dynamic(file, DT_RELASZ).d_un.d_val += 1; }},
        {"endless table", relocation_table,
         [](Bytes& file) { dynamic(file, DT_RELASZ).d_un.d_val = 24 * 100'000; }},
        {"import", relocation_kind,
         [](Bytes& file) { relocation(file).r_info = ELF64_R_INFO(1, R_X86_64_64); }},
        {"import by table", relocation_kind,
         [](Bytes& file) { relocation(file, 3).r_info = ELF64_R_INFO(1, R_X86_64_GLOB_DAT); }},
        {"changes code by relocation", relocation_place,
         [](Bytes& file) { relocation(file).r_offset = segment(file, PT_LOAD, 1).p_vaddr; }},
        {"changes relocations", relocation_place,
         [](Bytes& file) { relocation(file).r_offset = dynamic(file, DT_RELA).d_un.d_ptr + 24; }},
        {"misaligned relocation", relocation_place,
         [](Bytes& file) { ++relocation(file).r_offset; }},
        {"relocation outside", relocation_place,
         [](Bytes& file) { relocation(file).r_offset = 1 << 20; }},
        {"target outside", relocation_target,
         [](Bytes& file) { relocation(file).r_addend = 1 << 20; }},
        {"no descriptor", descriptor_place, [](Bytes& file) { header(file).e_entry = 1 << 20; }},
        {"descriptor in code", descriptor_place,
         [](Bytes& file) { header(file).e_entry = segment(file, PT_LOAD, 1).p_vaddr; }},
        {"misaligned descriptor", descriptor_place, [](Bytes& file) { header(file).e_entry -= 4; }},
        {"other version", descriptor_contents, [](Bytes& file) { ++descriptor(file).version; }},
        {"large state", descriptor_contents,
         [](Bytes& file) { descriptor(file).state_bytes = 4096; }},
        {"missing function", function_place,
         [](Bytes& file) { relocation(file).r_offset = relocation(file, 1).r_offset; }},
        {"function in data", function_place,
         [](Bytes& file) { relocation(file, 2).r_addend = 64; }},
    };
    for (Case const& each : cases) {
        Bytes file = read_file("share");
        each.spoil(file);
        EXPECT_EQ(load(file), each.error) << each.what << ": " << text(load(file));
    }
}

TEST(Elf_module, refuses_every_truncation) {
    Bytes const file = read_file("share");
    Place whole{file};
    ASSERT_EQ(whole.load(), Module_error::none);
    auto const& last = whole.module.segment(whole.module.segment_count() - 1);
    for (uint64_t size = 0; size < last.end; ++size) {
        Bytes const part{file.begin(), file.begin() + static_cast<long>(size)};
        ASSERT_NE(load(part), Module_error::none) << size << " bytes";
    }
    Bytes const enough{file.begin(), file.begin() + static_cast<long>(last.end)};
    EXPECT_EQ(load(enough), Module_error::none) << "what follows is nothing that is needed";
}

// Bytes of headers, dynamic section, relocations and descriptor become others. What is accepted all
// the same can be used: relocating stays inside, and functions are where code is.
TEST(Elf_module, survives_mutations) {
    std::mt19937 random{3};
    unsigned accepted = 0;
    unsigned refused = 0;
    constexpr uint64_t odd[]{0, 1, 7, 8, 0x1000, 0xffff, 0x7fffffff, ~0ul, ~0ul - 7, 1ul << 63};
    for (char const* name : {"share", "strict-order"}) {
        Bytes const file = read_file(name);
        for (int i = 0; i < 40'000; ++i) {
            Bytes mutated = file;
            for (auto changes = 1 + random() % 3; changes > 0; --changes) {
                uint64_t const at = random() % 0x500;
                if (random() % 2)
                    mutated[at] = static_cast<uint8_t>(random());
                else
                    std::memcpy(&mutated[at / 8 * 8], &odd[random() % std::size(odd)], 8);
            }
            Place place{mutated};
            bool const good = place.load() == Module_error::none;
            ++(good ? accepted : refused);
            for (unsigned s = 0; s < place.module.segment_count(); ++s)
                EXPECT_FALSE(place.module.segment(s).writable &&
                             place.module.segment(s).executable);
        }
    }
    RecordProperty("accepted", static_cast<int>(accepted));
    EXPECT_GT(refused, 10'000u);
    EXPECT_GT(accepted, 100u);
}

TEST(Elf_module, survives_noise) {
    std::mt19937 random{5};
    for (int i = 0; i < 2000; ++i) {
        Bytes noise(random() % 3000);
        for (uint8_t& each : noise)
            each = static_cast<uint8_t>(random());
        EXPECT_NE(load(noise), Module_error::none);
        if (noise.size() >= 64) { // past the first checks
            Bytes const file = read_file("share");
            std::copy_n(file.begin(), 64, noise.begin());
            EXPECT_NE(load(noise), Module_error::none);
        }
    }
}

TEST(Elf_module, every_error_has_words) {
    for (int i = 0; i <= static_cast<int>(Module_error::function_place); ++i)
        EXPECT_STRNE(text(static_cast<Module_error>(i)), "unknown");
}

} // namespace
} // namespace kernel
