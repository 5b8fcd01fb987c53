// SPDX-License-Identifier: MIT
// The boot image: what the machine is given besides the kernel. One file, passed as ramdisk.
//
//   0             Boot_image_header
//   64            Boot_image_segment[segments]    the first program, laid out ready to map
//   ...           Boot_image_file[files]          sorted by name
//   page-aligned  contents; every segment and every file begins on a page
//
// Little-endian. Readers check every offset against `bytes`, and `bytes` against what they were
// given. The checksum (CRC-32, IEEE 802.3) covers header (with the field zero) and both tables,
// which readers rely on; not the contents: one more pass over 2.5 MB would cost 15 million
// instructions even with a table of 256 words (six per byte), three times as much as the whole
// start. Programs are checked when they are loaded, the manifest when it is read.
#pragma once

#include <stdint.h>

namespace lavandin::abi {

struct Boot_image_header {
    static constexpr uint64_t expected_magic = 0x544f4f424e564c; // "LVNBOOT\0"
    static constexpr uint32_t current_version = 1;

    uint64_t magic;
    uint32_t version;
    uint32_t checksum;
    uint64_t bytes;    // of the whole image, a multiple of the page size
    uint64_t entry;    // first instruction of the first program
    uint32_t segments; // 1 to 8
    uint32_t files;    // 0 to 1024
    uint8_t reserved[24];
};

struct Boot_image_segment {
    uint64_t offset;       // in the image, page-aligned
    uint64_t address;      // where it is mapped, page-aligned
    uint64_t file_bytes;   // taken from the image
    uint64_t memory_bytes; // >= file_bytes; the rest is zero
    uint64_t rights;       // memory_permission: read, read + write, or read + execute
};

struct Boot_image_file {
    char name[48]; // NUL-terminated
    uint64_t offset;
    uint64_t bytes;
};

static_assert(sizeof(Boot_image_header) == 64);
static_assert(sizeof(Boot_image_segment) == 40);
static_assert(sizeof(Boot_image_file) == 64);

} // namespace lavandin::abi
