// SPDX-License-Identifier: MIT
// What ELF files hold that is this processor's code (System V ABI, AMD64 supplement).
#pragma once

#include <stdint.h>

namespace arch {

inline constexpr uint16_t elf_machine = 62;            // EM_X86_64
inline constexpr uint32_t elf_relative_relocation = 8; // R_X86_64_RELATIVE: base + addend

} // namespace arch
