// SPDX-License-Identifier: MIT
// The memory of a machine. Each frame can be reached as the machine has it, and through the
// kernel's window, where touching a frame that the kernel has not mapped, or writing one that it
// mapped read-only, ends the test with a segmentation fault.
#pragma once

#include <arch/module_area.hpp>
#include <xenpv/frame_types.hpp>

namespace fake {

using kernel::Pfn;
using xenpv::Mfn;

class Machine {
public:
    static constexpr uint64_t frames = 4096; // 16 MiB

    enum class Window : uint8_t { closed, read, write };

    Machine();
    ~Machine();
    Machine(Machine const&) = delete;
    Machine& operator=(Machine const&) = delete;

    char* contents(Pfn frame) { return _contents + frame.value * kernel::page_size; }

    void* window(Pfn frame) const { return _window + frame.value * kernel::page_size; }
    Pfn frame_behind(void const* address) const;
    void open(Pfn frame, Window how);
    Window opened(Pfn frame) const { return _opened[frame.value]; }

    // Addresses of modules, whose code can be executed here, too.
    char* module_area() const { return _modules; }
    void map_module_page(uint64_t page, Pfn frame, arch::Rights rights);
    void unmap_module_page(uint64_t page);
    uint64_t module_pages() const { return _module_pages; } // that are mapped

    // Neither the same numbers nor in the same order.
    static Mfn mfn(Pfn frame) { return Mfn{first_mfn + (frame.value ^ 0x2a5)}; }

private:
    static constexpr uint64_t first_mfn = 0x8000;
    static constexpr uint64_t bytes = frames * kernel::page_size;

    int _file;
    char* _contents;
    char* _window;
    char* _modules;
    uint64_t _module_pages{0};
    bool _module_mapped[arch::module_area_pages]{};
    Window _opened[frames]{};
};

Machine& machine();

} // namespace fake
