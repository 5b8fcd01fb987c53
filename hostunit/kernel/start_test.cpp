// SPDX-License-Identifier: MIT
// From what the platform found to the first process. Each start is a process of its own on the
// host, as a kernel starts once.
#include "fakes/machine.hpp"
#include "fakes/platform.hpp"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <kernel/boot.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>
#include <lavandin/abi/boot_image.hpp>
#include <lavandin/crc32.hpp>
#include <vector>

namespace kernel {
namespace {

using namespace abi;

constexpr uint64_t image_frame = 64;
constexpr uint64_t image_address = 0x1000'0000;

struct Image {
    Boot_image_header header{};
    std::vector<Boot_image_segment> segments;
    std::vector<char> contents;

    // Code, then data of one page in the file and two in memory.
    static Image good() {
        Image image;
        image.segments = {{4096, image_address, 4096, 4096, 5},
                          {8192, image_address + 0x2000, 4096, 8192, 3}};
        image.contents.assign(2 * page_size, 'c');
        image.header = {Boot_image_header::expected_magic,
                        Boot_image_header::current_version,
                        0,
                        3 * page_size,
                        image_address + 16,
                        2,
                        0,
                        {}};
        return image;
    }

    std::vector<char> bytes() const {
        std::vector<char> tables(sizeof header + segments.size() * sizeof segments[0]);
        std::memcpy(tables.data(), &header, sizeof header);
        std::memcpy(tables.data() + sizeof header, segments.data(),
                    segments.size() * sizeof segments[0]);
        Crc32 crc;
        crc.add(tables.data(), tables.size());
        uint32_t const sum = crc.value();
        std::memcpy(tables.data() + offsetof(Boot_image_header, checksum), &sum, sizeof sum);
        tables.resize(page_size);
        tables.insert(tables.end(), contents.begin(), contents.end());
        return tables;
    }
};

Boot machine_with(std::vector<char> const& image, uint64_t frames) {
    Boot boot{};
    std::copy(image.begin(), image.end(), fake::machine().contents(Pfn{image_frame}));
    boot.boot_image = {Pfn{image_frame}, Pfn{image_frame + pages(image.size())}};
    boot.boot_image_address = fake::machine().contents(Pfn{image_frame});
    boot.boot_image_bytes = image.size();
    boot.ranges[0] = {Pfn{256}, Pfn{256 + frames}};
    boot.ranges[1] = {Pfn{1}, Pfn{30}};
    boot.range_count = 2;
    boot.frames = fake::Machine::frames;
    boot.total_frames = frames + 256;
    boot.command_line = "run=shell";
    boot.console = {Pfn{40}, 3};
    return boot;
}

// Runs until the first thread would; checks that; ends the host's process.
[[noreturn]] void start_and(Boot const& boot, void (*look)()) {
    try {
        start(boot);
    } catch (fake::User const&) {
        look();
        std::_Exit(testing::Test::HasFailure() ? 1 : 0); // a kernel never gives back what it has
    }
}

void nothing() {}

TEST(Start, the_first_process_gets_what_the_machine_has) {
    auto const look = [] {
        Thread& thread = *this_processor().current();
        EXPECT_EQ(thread.registers().instruction_pointer(), image_address + 16);
        EXPECT_EQ(thread.priority(), highest_priority);
        auto& table = thread.process().table();
        unsigned held[9]{};
        for (Capability_index slot = 2; slot < 100; ++slot)
            if (auto const found = table.find(slot); found.ok())
                ++held[static_cast<unsigned>(found.value().object->type())];
        EXPECT_EQ(held[static_cast<unsigned>(Object_type::system)], 1u);
        EXPECT_EQ(held[static_cast<unsigned>(Object_type::memory)], 2u) << "image, console ring";
        EXPECT_EQ(held[static_cast<unsigned>(Object_type::interrupt)], 1u);
    };
    EXPECT_EXIT(start_and(machine_with(Image::good().bytes(), 3000), look),
                testing::ExitedWithCode(0), "");
}

TEST(Start, too_little_memory_says_how_much_is_needed) {
    for (uint64_t frames = 1; frames < 150; frames += frames < 20 ? 1 : 7) {
        auto const begin = [frames] {
            start_and(machine_with(Image::good().bytes(), frames), nothing);
        };
        EXPECT_EXIT(
            begin(), [](int status) { return WIFSIGNALED(status) || WEXITSTATUS(status) == 0; },
            "too little|^$");
    }
}

TEST(Start, no_boot_image) {
    Boot boot = machine_with(Image::good().bytes(), 3000);
    boot.boot_image_bytes = 0;
    EXPECT_DEATH(start_and(boot, nothing), "there is no boot image");
}

struct Damage {
    char const* name;
    void (*damage)(Image&);
};

class Start_with_damage : public testing::TestWithParam<Damage> {};

TEST_P(Start_with_damage, says_that_the_image_is_unusable) {
    Image image = Image::good();
    GetParam().damage(image);
    EXPECT_DEATH(start_and(machine_with(image.bytes(), 3000), nothing), "boot image");
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, Start_with_damage,
    testing::Values(
        Damage{"magic", [](Image& image) { image.header.magic ^= 1; }},
        Damage{"version", [](Image& image) { image.header.version = 2; }},
        Damage{"shorter_than_it_says", [](Image& image) { image.contents.resize(4096); }},
        Damage{"no_segments", [](Image& image) { image.header.segments = 0; }},
        Damage{"many_segments", [](Image& image) { image.header.segments = 9; }},
        Damage{"entry_outside", [](Image& image) { image.header.entry = 16; }},
        Damage{"writable_code", [](Image& image) { image.segments[0].rights = 7; }},
        Damage{"kernel_address", [](Image& image) { image.segments[0].address = ~0xfffull; }},
        Damage{"misaligned", [](Image& image) { image.segments[0].address += 8; }},
        Damage{"overlap", [](Image& image) { image.segments[1].address = image_address; }},
        Damage{"contents_outside", [](Image& image) { image.segments[1].offset = 1 << 20; }}),
    [](auto const& kind) { return kind.param.name; });

TEST(Start, a_damaged_table_fails_its_checksum) {
    auto bytes = Image::good().bytes();
    bytes[sizeof(Boot_image_header) + 20] ^= 1;
    EXPECT_DEATH(start_and(machine_with(bytes, 3000), nothing), "checksum");
}

} // namespace
} // namespace kernel
