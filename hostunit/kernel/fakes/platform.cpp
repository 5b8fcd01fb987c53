// SPDX-License-Identifier: MIT
#include "platform.hpp"
#include "machine.hpp"
#include "xen.hpp"
#include <algorithm>
#include <arch/clock.hpp>
#include <arch/console.hpp>
#include <arch/fpu.hpp>
#include <arch/frames.hpp>
#include <arch/machine.hpp>
#include <arch/module_area.hpp>
#include <arch/processor.hpp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>
#include <utility>
#include <xenpv/p2m.hpp>
#include <xenpv/window.hpp>

namespace fake {

Platform& platform() {
    static Platform instance;
    return instance;
}

namespace {

Pfn spare{0};

constexpr uint64_t fpu_bytes = 832; // x87, SSE and AVX with the XSAVE header

} // namespace
} // namespace fake

using fake::machine;
using fake::platform;
using kernel::Error;
using kernel::page_size;
using kernel::Pfn;
using kernel::Result;

kernel::Result<void> xenpv::map_in_window(Pfn frame, uint64_t flags) {
    bool const writable = (flags & entry_flag::writable) != 0;
    EXPECT_FALSE(writable && fake::xen().judge().table(frame)) << "a page table is made writable";
    machine().open(frame, writable ? fake::Machine::Window::write : fake::Machine::Window::read);
    return {};
}

namespace arch {

void deliver_events() {
    if (fake::at_once)
        return;
    ++platform().steps;
    if (platform().between_steps)
        platform().between_steps();
}

kernel::Time now() { return fake::at_once ? fake::at_once->now() : platform().now; }
kernel::Pfn clock_page() { return fake::clock_frame; }
kernel::Time wall_offset() { return 5'000'000'000; }
void program_timer(kernel::Time deadline) { fake::own().programmed = deadline; }

void console_write(char const* text, uint64_t bytes) { platform().console.append(text, bytes); }

bool has_platform_console() { return platform().has_console; }

Result<uint64_t> platform_console_read(char* text, uint64_t bytes) {
    if (!has_platform_console())
        return Error::not_supported;
    uint64_t const count = platform().typed.copy(text, bytes);
    platform().typed.erase(0, count);
    return count;
}

uint64_t fpu_state_size() { return fake::fpu_bytes; }

void fpu_start(void* state) {
    std::memset(state, 0, fake::fpu_bytes);
    ++platform().fpu_states;
}

void fpu_end(void* state) {
    --platform().fpu_states;
    for (auto& each : platform().each)
        if (each.fpu_loaded == state)
            each.fpu_loaded = nullptr;
}

Result<void*> map_frame(Pfn frame) {
    auto& left = platform().maps_until_failure;
    if (left && --left == 0)
        return Error::out_of_memory;
    EXPECT_EQ(machine().opened(frame), fake::Machine::Window::closed) << "mapped twice";
    fake::xen().reused(frame);
    EXPECT_TRUE(xenpv::map_in_window(frame, xenpv::entry_flag::kernel_data).ok());
    return machine().window(frame);
}

void unmap_frame(Pfn frame) {
    uint64_t const here = reinterpret_cast<uint64_t>(__builtin_frame_address(0));
    if (platform().stack_begin) // else a test makes or ends its machine
        platform().deepest_stack =
            std::max(platform().deepest_stack, platform().stack_begin - here);
    EXPECT_NE(machine().opened(frame), fake::Machine::Window::closed) << "not mapped";
    machine().open(frame, fake::Machine::Window::closed);
}

void* frame_address(Pfn frame) { return machine().window(frame); }
Pfn frame_of(void const* address) { return machine().frame_behind(address); }

void clear_frame(Pfn frame) {
    EXPECT_EQ(machine().opened(frame), fake::Machine::Window::closed);
    fake::xen().reused(frame);
    std::memset(machine().contents(frame), 0, page_size);
}

void copy_frame(Pfn to, Pfn from) {
    EXPECT_EQ(machine().opened(to), fake::Machine::Window::closed);
    std::memcpy(machine().contents(to), machine().contents(from), page_size);
}

void take_spare_frames_from(Pfn first) { fake::spare = first; }
Pfn first_untaken_spare_frame() { return fake::spare; }

Result<void> prepare_module_area() { return {}; }
void* module_page(uint64_t page) { return machine().module_area() + page * page_size; }
void map_module_page(uint64_t page, Pfn frame, Rights rights) {
    EXPECT_LT(page, module_area_pages);
    machine().map_module_page(page, frame, rights);
}
void unmap_module_page(uint64_t page) { machine().unmap_module_page(page); }

void unmask(Line line) { platform().masked[line] = false; }
void mask(Line line) { platform().masked[line] = true; }

Result<void> raise(Line line) {
    ++platform().raised[line];
    return {};
}

Result<Line> open_channel(Machine_number machine) {
    constexpr Line first = 100;
    if (!platform().channels_supported)
        return kernel::Error::not_supported;
    for (Line line = first; line < first + platform().most_channels; ++line)
        if (platform().channels.try_emplace(line, machine).second) {
            platform().masked[line] = true;
            return line;
        }
    return kernel::Error::table_full;
}

void close_channel(Line line) {
    EXPECT_EQ(platform().channels.erase(line), 1u);
    EXPECT_TRUE(platform().masked[line]);
}

// A crash ends the test program: it may come from a destructor, out of which nothing is thrown.
void shutdown(lavandin::abi::Shutdown reason) {
    if (reason != lavandin::abi::Shutdown::crash)
        throw fake::Ended{reason};
    std::fputs(platform().console.c_str(), stderr);
    std::abort();
}

void backtrace(uint64_t, uint64_t, void (*)(uint64_t)) {}

void route(Line line, uint32_t processor) { platform().routed[line] = processor; }

uint32_t processor_number() { return fake::strands().executing(); }
kernel::Processor& current_processor() { return *fake::own().self; }
void set_current_processor(kernel::Processor& processor) { fake::own().self = &processor; }
void set_frame(Registers&) {}
void load_thread_pointer(uint64_t base) { fake::own().thread_pointer = base; }

// As the port does it (arch/x86-xenpv/source/processor.cpp, fpu.cpp).
void save_state() {
    auto& own = fake::own();
    if (own.fpu_loaded) {
        std::memcpy(own.fpu_loaded, &own.fpu, sizeof own.fpu);
        own.fpu_saved = own.fpu_loaded;
    }
    own.fpu_loaded = nullptr;
}

void resume_state() { fake::own().fpu_loaded = fake::own().fpu_saved; }

namespace {

void switch_fpu(void* state) {
    save_state();
    auto& own = fake::own();
    own.fpu = 0;
    if (state)
        std::memcpy(&own.fpu, state, sizeof own.fpu);
    own.fpu_loaded = state;
    own.fpu_saved = nullptr;
}

} // namespace

void switch_to(kernel::Thread& next) {
    EXPECT_FALSE(next.ended());
    set_frame(next.registers());
    auto const& space = next.home().space();
    fake::xen().switch_table(space.exists() ? xenpv::p2m.mfn(space.top()) : xenpv::Mfn{0});
    load_thread_pointer(next.thread_pointer());
    switch_fpu(next.fpu_state());
    fake::own().loaded = &next;
}

void kick(uint32_t processor) {
    if (fake::at_once)
        return fake::at_once->kick(processor);
    platform().each[processor].kicked = true;
    ++platform().each[processor].kicks;
}

void idle() { throw fake::Idle{}; }
void yield() {
    if (auto const others = std::exchange(platform().during_yield, nullptr))
        others();
}
void enter_user() { throw fake::User{}; }
void stop_processor() {
    if (fake::at_once)
        fake::at_once->go_down();
    else
        fake::own().up = false;
    throw fake::Stopped{};
}
Counters counters() { return {}; }
kernel::Time platform_origin() { return 0; }
void keep_run_state(uint32_t, lavandin::abi::Run_state&) {}
Counters counters(uint32_t) { return {}; }
uint32_t possible_processors() { return fake::machine_processors; }

Result<void> start_processor(uint32_t number, kernel::Processor& processor) {
    if (platform().processors_fail)
        return Error::refused;
    EXPECT_FALSE(platform().each[number].up);
    platform().each[number].up = true;
    platform().each[number].self = &processor;
    return {};
}

bool restart_processor(uint32_t number) {
    if (fake::at_once)
        return fake::at_once->bring_up(number), true;
    if (platform().processors_fail)
        return false;
    EXPECT_FALSE(platform().each[number].up);
    platform().each[number].up = true;
    return true;
}

} // namespace arch
