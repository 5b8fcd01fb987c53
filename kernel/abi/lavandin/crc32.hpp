// SPDX-License-Identifier: MIT
// The checksum of boot images. Shared by kernel and user code.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace lavandin::abi {

// CRC-32 as in IEEE 802.3 and zlib: reflected, polynomial 0x04c11db7.
class Crc32 {
public:
    constexpr void add(uint8_t byte) {
        _value ^= byte;
        for (int bit = 0; bit < 8; ++bit)
            _value = _value >> 1 ^ ((_value & 1) != 0 ? 0xedb88320u : 0u);
    }
    void add(void const* bytes, size_t count) {
        for (size_t i = 0; i < count; ++i)
            add(static_cast<uint8_t const*>(bytes)[i]);
    }
    constexpr uint32_t value() const { return ~_value; }

private:
    uint32_t _value{~uint32_t{0}};
};

} // namespace lavandin::abi
