// SPDX-License-Identifier: MIT
#include "machine.hpp"
#include <cstdlib>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>
#include <xenpv/p2m.hpp>

namespace fake {

namespace {

constexpr uint64_t module_bytes = arch::module_area_pages * kernel::page_size;

char* view(int file, uint64_t bytes, int protection) {
    void* const begin = mmap(nullptr, bytes, protection, MAP_SHARED, file, 0);
    if (begin == MAP_FAILED)
        std::abort();
    return static_cast<char*>(begin);
}

} // namespace

Machine::Machine() : _file{memfd_create("frames", 0)} {
    if (_file < 0 || ftruncate(_file, static_cast<off_t>(bytes)) != 0)
        std::abort();
    _contents = view(_file, bytes, PROT_READ | PROT_WRITE);
    _window = view(_file, bytes, PROT_NONE);
    void* const area = mmap(nullptr, module_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED)
        std::abort();
    _modules = static_cast<char*>(area);
}

Machine::~Machine() {
    munmap(_contents, bytes);
    munmap(_window, bytes);
    munmap(_modules, module_bytes);
    close(_file);
}

Pfn Machine::frame_behind(void const* address) const {
    auto const offset = static_cast<uint64_t>(static_cast<char const*>(address) - _window);
    EXPECT_LT(offset, bytes) << "not an address of the window";
    return Pfn{offset / kernel::page_size};
}

void Machine::open(Pfn frame, Window how) {
    int const protection = how == Window::closed ? PROT_NONE
                           : how == Window::read ? PROT_READ
                                                 : PROT_READ | PROT_WRITE;
    if (mprotect(window(frame), kernel::page_size, protection) != 0)
        std::abort();
    _opened[frame.value] = how;
}

void Machine::map_module_page(uint64_t page, Pfn frame, arch::Rights rights) {
    int const protection = rights == arch::Rights::read_write     ? PROT_READ | PROT_WRITE
                           : rights == arch::Rights::read_execute ? PROT_READ | PROT_EXEC
                                                                  : PROT_READ;
    if (mmap(_modules + page * kernel::page_size, kernel::page_size, protection,
             MAP_SHARED | MAP_FIXED, _file,
             static_cast<off_t>(frame.value * kernel::page_size)) == MAP_FAILED)
        std::abort();
    _module_pages += !_module_mapped[page];
    _module_mapped[page] = true;
}

void Machine::unmap_module_page(uint64_t page) {
    EXPECT_TRUE(_module_mapped[page]);
    if (mmap(_modules + page * kernel::page_size, kernel::page_size, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        std::abort();
    --_module_pages;
    _module_mapped[page] = false;
}

Machine& machine() {
    static Machine instance;
    return instance;
}

namespace {

std::vector<uint64_t> forward_table() {
    std::vector<uint64_t> table(Machine::frames);
    for (uint64_t i = 0; i < Machine::frames; ++i)
        table[i] = Machine::mfn(Pfn{i}).value;
    return table;
}

std::vector<uint64_t> inverse_table(std::vector<uint64_t> const& forward) {
    std::vector<uint64_t> table(2 * Machine::frames + Machine::mfn(Pfn{0}).value, ~uint64_t{0});
    for (uint64_t i = 0; i < forward.size(); ++i)
        table[forward[i]] = i;
    return table;
}

std::vector<uint64_t> const forward = forward_table();
std::vector<uint64_t> const inverse = inverse_table(forward);

} // namespace
} // namespace fake

xenpv::P2m xenpv::p2m{fake::forward.data(), fake::Machine::frames, fake::inverse.data()};
