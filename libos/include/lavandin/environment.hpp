// SPDX-License-Identifier: MIT
// What a process is given when it starts: capabilities by name, arguments, its part of the address
// space. All authority that a program has arrives here.
#pragma once

#include <lavandin/abi/error.hpp>
#include <lavandin/abi/group.hpp>
#include <lavandin/abi/message.hpp>
#include <lavandin/abi/process.hpp>

#include <span>
#include <stddef.h>
#include <string_view>

namespace lavandin {

struct Named_capability {
    char name[24]; // NUL-terminated
    abi::Capability_index slot;
    uint32_t reserved;
};

// One page, read-only to the process, written by whoever starts it (Environment_writer).
struct Environment_page {
    static constexpr uint64_t expected_magic = 0x006e696476616c00; // distinct from Boot_information
    static constexpr uint32_t current_version = 2;
    static constexpr size_t maximum_capabilities = 32;
    static constexpr size_t maximum_arguments = 32;

    uint64_t magic;
    uint32_t version;
    uint32_t capability_count;
    uint32_t argument_count;
    uint32_t argument_bytes;
    uint64_t message_buffer; // of the first thread
    uint64_t clock_page;     // where the process may map the clock page; 0: nowhere
    uint64_t image_begin;    // [begin, end) of the image
    uint64_t image_end;
    uint64_t stack_begin; // of the first thread, above its guard page
    uint64_t stack_end;
    uint64_t heap_begin; // where the heap may grow
    uint64_t heap_end;
    uint64_t window_begin; // where the process may map what it likes
    uint64_t window_end;
    uint64_t member; // Member_identity; its number is 0 in a process that is alone
    Named_capability capabilities[maximum_capabilities];
    char arguments[2048 + 1024 - 112]; // NUL-terminated each, one after the other
};

static_assert(sizeof(Named_capability) == 32);
static_assert(sizeof(Environment_page) <= abi::page_size);

struct Address_range {
    uint64_t begin;
    uint64_t end;
    constexpr uint64_t bytes() const { return end - begin; }
};

// Reads either page. Everything is checked, so that a page that somebody wrote badly gives empty
// answers and no wild access.
class Environment {
public:
    constexpr Environment() = default;
    // `page` is what a process finds in its first register; told apart by the magic number.
    explicit Environment(void const* page);

    // False when the page is of neither kind or of another version.
    bool valid() const { return _page != nullptr || _boot != nullptr; }

    // Slot of a capability that was given under this name; 0, which no slot has, when none was.
    // The first process finds its own as system, boot_image, console_ring, console_interrupt,
    // store_ring and store_interrupt.
    abi::Capability_index capability(std::string_view name) const;

    size_t argument_count() const;
    // Empty when there is no such argument. Its text ends with NUL.
    std::string_view argument(size_t index) const;

    // The capabilities in the order in which they were given.
    std::span<Named_capability const> capabilities() const;

    uint64_t message_buffer() const;
    // Where the clock page may be mapped; 0 for nowhere.
    uint64_t clock_page() const;
    Address_range heap() const;
    Address_range window() const;

    // Who this process is in its group. The number is 0 when it is alone.
    abi::Member_identity member() const {
        return abi::Member_identity{_page != nullptr ? _page->member : 0};
    }

    // What only the first process has; null in all others.
    abi::Boot_information const* boot_information() const { return _boot; }

private:
    Environment_page const* _page{nullptr};
    abi::Boot_information const* _boot{nullptr};
};

// This process's.
Environment const& environment();

// Fills a page for a process about to start.
class Environment_writer {
public:
    explicit Environment_writer(Environment_page& page);

    // Errors: too_large when name or table is full, invalid_argument when the name is empty, not
    // new, or holds NUL.
    abi::Error add_capability(std::string_view name, abi::Capability_index slot);
    // Errors: too_large when there is no room, invalid_argument when the text holds NUL.
    abi::Error add_argument(std::string_view text);

private:
    Environment_page& _page;
};

} // namespace lavandin
