// SPDX-License-Identifier: MIT
// A scheduling module that was loaded: its code, and a state for each processor.
//
//   module area:  [ constants, read ] [ code, read and execute ] [ data, read and write ]
//   states:       pages of the kernel's window, as many states as fit on each
//
// The quota of who loaded it pays for all pages. A place that uses it holds a reference, so that
// code in use stays whatever becomes of capabilities.
#pragma once

#include <kernel/algorithm.hpp>
#include <kernel/elf_module.hpp>
#include <kernel/memory.hpp>

namespace kernel {

class Policy final : public Object {
public:
    static constexpr Object_type object_type = Object_type::policy;

    explicit Policy(Ref<Quota> quota) : Object{object_type, static_cast<Ref<Quota>&&>(quota)} {}

    // Copies `bytes` from `first` page on of the memory, checks and prepares them; the log says
    // what is wrong with them. Errors: invalid_argument (no module that can be used),
    // quota_exceeded, out_of_memory.
    Result<void> load(Memory const& memory, uint64_t first, uint64_t bytes);

    // For one that was loaded.
    Algorithm& algorithm() { return _algorithm; }
    void* state(uint32_t processor);

    // Where it is installed; abi::policy_places: nowhere. policy_places.cpp's lock guards it.
    uint64_t place{abi::policy_places};
    uint64_t installations{0};

    void describe(abi::Policy_information& information) const;

    void last_reference_gone() override;

private:
    static constexpr uint64_t most_pages = abi::largest_policy_file / page_size;
    static constexpr uint64_t most_state_pages = 64;

    Result<void> take_pages(Memory const& memory, uint64_t first, uint64_t count);
    Result<void> check(uint64_t bytes);
    void restrict();
    Result<void> take_states();
    void drop_page(uint64_t number);
    uint8_t* image() const;
    uint64_t state_bytes() const;

    Algorithm _algorithm;
    Elf_module _module;
    uint64_t _first_page{0}; // in the module area, of _area_pages
    uint64_t _area_pages{0};
    Pfn _frames[most_pages]; // of those; no_frame where none is mapped
    void* _state_pages[most_state_pages]{};
};

} // namespace kernel
