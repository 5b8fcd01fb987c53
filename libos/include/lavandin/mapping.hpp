// SPDX-License-Identifier: MIT
// Memory for a program's own use: obtaining it, and mapping it where there is room.
#pragma once

#include <lavandin/environment.hpp>
#include <lavandin/objects.hpp>

#include <cstddef>
#include <span>

namespace lavandin {

// What the memory server calls a region of ours; 0 for memory out of our own quota.
using Region_number = uint64_t;

// Says that memory is not needed any more. Before that all mappings of it and capabilities to it
// have gone: what is still in use stays charged to this process until it ends.
void release_memory(Region_number region);

// Memory that goes back to where it came from. Mappings of it go first, that is: they are declared
// behind it.
class Allocated_memory {
public:
    Allocated_memory() = default;
    Allocated_memory(Memory&& memory, Region_number region)
        : _memory{static_cast<Memory&&>(memory)}, _region{region} {}
    Allocated_memory(Allocated_memory&& other) noexcept
        : _memory{static_cast<Memory&&>(other._memory)}, _region{other._region} {
        other._region = 0;
    }
    Allocated_memory& operator=(Allocated_memory&& other) noexcept {
        if (this != &other) {
            reset();
            _memory = static_cast<Memory&&>(other._memory);
            _region = other._region;
            other._region = 0;
        }
        return *this;
    }
    ~Allocated_memory() { reset(); }

    Memory const& memory() const { return _memory; }

    // For memory that stays mapped somewhere: gives up the capability, but does not release.
    // Answers what release_memory() wants when the last mapping has gone.
    Region_number keep_mapped() {
        _memory.reset();
        auto const region = _region;
        _region = 0;
        return region;
    }

    void reset() { release_memory(keep_mapped()); }

private:
    Memory _memory;
    Region_number _region{0};
};

// Obtains zeroed memory: from the memory server when the environment names one (`memory`), else
// from this process's own quota. `bytes`: a multiple of 4096 up to 16 MiB.
// Errors: those of memory_protocol::Label::allocate or of memory_create.
Result<Allocated_memory> allocate_memory(uint64_t bytes);

// A stretch of this process's window with memory mapped in it, until it goes away. Mapped memory
// stays alive without a capability to it.
class Mapping {
public:
    constexpr Mapping() = default;
    Mapping(Mapping&& other) noexcept : _address{other._address}, _bytes{other._bytes} {
        other._address = 0;
    }
    Mapping& operator=(Mapping&& other) noexcept {
        if (this != &other) {
            reset();
            _address = other._address;
            _bytes = other._bytes;
            other._address = 0;
        }
        return *this;
    }
    ~Mapping() { reset(); }

    // Maps `bytes` from `offset` of the memory on, at a free address. Errors: those of memory_map;
    // out_of_memory and table_full also when the window is full.
    static Result<Mapping> create(Memory const& memory, uint64_t offset, uint64_t bytes,
                                  Permissions rights);
    // All of it, for reading and writing.
    static Result<Mapping> create(Memory const& memory);

    bool valid() const { return _address != 0; }
    uint64_t address() const { return _address; }
    uint64_t size() const { return _bytes; }
    std::span<std::byte> bytes() const {
        return {reinterpret_cast<std::byte*>(_address), static_cast<size_t>(_bytes)};
    }
    template <typename T>
    T* as() const {
        return reinterpret_cast<T*>(_address);
    }
    void reset();

private:
    Mapping(uint64_t address, uint64_t bytes) : _address{address}, _bytes{bytes} {}

    uint64_t _address{0};
    uint64_t _bytes{0};
};

// Free addresses in this process's window, for those who map by themselves. Errors: those of
// Address_ranges.
Result<uint64_t> take_addresses(uint64_t bytes);
void give_back_addresses(uint64_t address);

// Sets up the window. Called once at start.
void initialise_window(Address_range window);

} // namespace lavandin
