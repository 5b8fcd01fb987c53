// SPDX-License-Identifier: MIT
#include <lavandin/environment.hpp>
#include <lavandin/layout.hpp>

#include <string.h>

namespace lavandin {

using abi::Boot_information;
using abi::Capability_index;
using abi::Error;

namespace {

struct Boot_capability {
    std::string_view name;
    Capability_index Boot_information::*slot;
};

constexpr Boot_capability boot_capabilities[] = {
    {"system", &Boot_information::system},
    {"boot_image", &Boot_information::boot_image},
    {"console_ring", &Boot_information::console_ring},
    {"console_interrupt", &Boot_information::console_interrupt},
    {"store_ring", &Boot_information::store_ring},
    {"store_interrupt", &Boot_information::store_interrupt},
};

constexpr std::string_view first_process_name = "init";

std::string_view bounded(char const* text, size_t limit) { return {text, strnlen(text, limit)}; }

// Free addresses from `begin` on, up to whatever the kernel put between there and `end`.
uint64_t free_until(Boot_information const& boot, uint64_t begin, uint64_t end) {
    for (uint64_t const used :
         {boot.boot_image_address, boot.message_buffer, reinterpret_cast<uint64_t>(&boot)}) {
        if (used >= begin && used < end)
            end = used;
    }
    return end;
}

} // namespace

Environment::Environment(void const* page) {
    auto const* ordinary = static_cast<Environment_page const*>(page);
    auto const* boot = static_cast<Boot_information const*>(page);
    if (ordinary->magic == Environment_page::expected_magic &&
        ordinary->version == Environment_page::current_version &&
        ordinary->capability_count <= Environment_page::maximum_capabilities)
        _page = ordinary;
    else if (boot->magic == Boot_information::expected_magic &&
             boot->version == Boot_information::current_version)
        _boot = boot;
}

std::span<Named_capability const> Environment::capabilities() const {
    if (_page == nullptr)
        return {};
    return std::span{_page->capabilities}.first(_page->capability_count);
}

Capability_index Environment::capability(std::string_view name) const {
    for (auto const& entry : capabilities()) {
        if (bounded(entry.name, sizeof entry.name) == name)
            return entry.slot;
    }
    if (_boot != nullptr) {
        for (auto const& entry : boot_capabilities) {
            if (entry.name == name)
                return _boot->*entry.slot;
        }
    }
    return 0;
}

size_t Environment::argument_count() const {
    if (_page == nullptr)
        return _boot != nullptr ? 1 : 0;
    return _page->argument_count <= Environment_page::maximum_arguments
               ? _page->argument_count
               : Environment_page::maximum_arguments;
}

std::string_view Environment::argument(size_t index) const {
    if (index >= argument_count())
        return {};
    if (_page == nullptr)
        return first_process_name;
    size_t const limit = sizeof _page->arguments;
    size_t begin = 0;
    for (; index != 0; --index) {
        begin += strnlen(_page->arguments + begin, limit - begin) + 1;
        if (begin >= limit)
            return {};
    }
    auto const text = bounded(_page->arguments + begin, limit - begin);
    return begin + text.size() < limit ? text : std::string_view{};
}

uint64_t Environment::message_buffer() const {
    return _page != nullptr ? _page->message_buffer : _boot->message_buffer;
}

uint64_t Environment::clock_page() const {
    if (_page != nullptr)
        return _page->clock_page;
    return _boot != nullptr ? _boot->clock_page : 0;
}

Address_range Environment::heap() const {
    if (_page != nullptr)
        return {_page->heap_begin, _page->heap_end};
    return {_boot->image_end, free_until(*_boot, _boot->image_end, layout::heap_end)};
}

Address_range Environment::window() const {
    if (_page != nullptr)
        return {_page->window_begin, _page->window_end};
    return {layout::window_begin, free_until(*_boot, layout::window_begin, layout::window_end)};
}

Environment_writer::Environment_writer(Environment_page& page) : _page{page} {
    memset(&page, 0, sizeof page);
    page.magic = Environment_page::expected_magic;
    page.version = Environment_page::current_version;
}

Error Environment_writer::add_capability(std::string_view name, Capability_index slot) {
    if (name.empty() || name.find('\0') != name.npos)
        return Error::invalid_argument;
    if (name.size() >= sizeof(Named_capability::name) ||
        _page.capability_count == Environment_page::maximum_capabilities)
        return Error::too_large;
    if (Environment{&_page}.capability(name) != 0)
        return Error::invalid_argument;
    auto& entry = _page.capabilities[_page.capability_count++];
    memcpy(entry.name, name.data(), name.size());
    entry.slot = slot;
    return Error::none;
}

Error Environment_writer::add_argument(std::string_view text) {
    if (text.find('\0') != text.npos)
        return Error::invalid_argument;
    if (_page.argument_count == Environment_page::maximum_arguments ||
        text.size() >= sizeof _page.arguments - _page.argument_bytes)
        return Error::too_large;
    memcpy(_page.arguments + _page.argument_bytes, text.data(), text.size());
    _page.argument_bytes += static_cast<uint32_t>(text.size()) + 1;
    ++_page.argument_count;
    return Error::none;
}

} // namespace lavandin
