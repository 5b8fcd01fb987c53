// SPDX-License-Identifier: MIT
// Addresses of the first process:
//
//   image as laid out | guard | stack | message buffer | Boot_information | clock page, once it
//   is mapped | ... 2 MiB: boot image
#include <arch/frames.hpp>
#include <arch/processor.hpp>
#include <kernel/first_process.hpp>
#include <kernel/interrupt.hpp>
#include <kernel/log.hpp>
#include <kernel/memory.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>
#include <kernel/system.hpp>
#include <lavandin/boot_image_reader.hpp>

namespace kernel {

namespace {

using namespace abi;

constexpr uint64_t stack_bytes = 64 * 1024;
constexpr uint64_t boot_image_alignment = 2 * 1024 * 1024;

uint64_t round_up(uint64_t value, uint64_t unit) { return (value + unit - 1) / unit * unit; }

// Everything that is made on the way, so that one function can see all of it.
class First_process {
public:
    First_process(Boot const& boot, Ref<Quota> const& quota, Boot_image const& image)
        : _boot{boot}, _quota{quota}, _image{image} {}

    Result<void> make_all();

private:
    Result<void> map_segment(Boot_image_segment const& segment);
    Result<void> map_copy(Boot_image_segment const& segment);
    Result<void> map_stack();
    Result<void> map_information();
    Result<Capability_index> give(Object& object, Permissions permissions);
    Result<void> give_device(Device const& device, Capability_index& ring, Capability_index& line);
    Result<void> give_all();
    Result<void> start_thread();

    Boot const& _boot;
    Ref<Quota> const& _quota;
    Boot_image const& _image;
    Ref<Process> _process;
    Ref<Memory> _image_memory;
    Boot_information _information{};
    uint64_t _image_end{0};
    uint64_t _stack_top{0};
};

Result<void> First_process::map_copy(Boot_image_segment const& segment) {
    auto const memory = TRY(make<Memory>(_quota));
    TRY_VOID(memory->fill(pages(segment.memory_bytes)));
    for (uint64_t i = 0; i < pages(segment.file_bytes); ++i)
        arch::copy_frame(memory->frame(i), _image_memory->frame(segment.offset / page_size + i));
    return _process->mappings().map(
        {*memory, User_address{segment.address}, 0, memory->count(), arch::Rights::read_write});
}

Result<void> First_process::map_segment(Boot_image_segment const& segment) {
    uint64_t const end = segment.address + round_up(segment.memory_bytes, page_size);
    _image_end = end > _image_end ? end : _image_end;
    if (segment.rights & memory_permission::write)
        return map_copy(segment);
    auto const rights = segment.rights & memory_permission::execute ? arch::Rights::read_execute
                                                                    : arch::Rights::read;
    return _process->mappings().map({*_image_memory, User_address{segment.address},
                                     segment.offset / page_size, pages(segment.memory_bytes),
                                     rights});
}

Result<void> First_process::map_stack() {
    auto const memory = TRY(make<Memory>(_quota));
    TRY_VOID(memory->fill(stack_bytes / page_size));
    uint64_t const bottom = _image_end + page_size;
    _stack_top = bottom + stack_bytes;
    return _process->mappings().map(
        {*memory, User_address{bottom}, 0, memory->count(), arch::Rights::read_write});
}

Result<void> First_process::map_information() {
    auto const memory = TRY(make<Memory>(_quota));
    TRY_VOID(memory->fill(1));
    Pfn const frame = memory->frame(0);
    void* const page = TRY(arch::map_frame(frame));
    __builtin_memcpy(page, &_information, sizeof _information);
    arch::unmap_frame(frame);
    return _process->mappings().map(
        {*memory, User_address{_information.message_buffer + page_size}, 0, 1, arch::Rights::read});
}

Result<Capability_index> First_process::give(Object& object, Permissions permissions) {
    return _process->table().add({Ref<Object>{object}, permissions, 0});
}

Result<void> First_process::give_device(Device const& device, Capability_index& ring,
                                        Capability_index& line) {
    if (device.frame != no_frame) {
        auto const memory = TRY(make<Memory>(_quota));
        TRY_VOID(memory->cover(device.frame, 1, Memory::Lent::changing));
        ring = TRY(give(*memory, memory_permission::read | memory_permission::write));
    }
    if (device.line != arch::no_line) {
        auto const interrupt = TRY(make<Interrupt>(_quota, device.line));
        line = TRY(give(*interrupt, interrupt_permission::all));
    }
    return {};
}

Result<void> First_process::give_all() {
    auto const system = TRY(make<System>(_quota, _boot));
    _information.system = TRY(give(*system, system_permission::all));
    _information.boot_image =
        TRY(give(*_image_memory, memory_permission::read | memory_permission::execute));
    TRY_VOID(give_device(_boot.console, _information.console_ring, _information.console_interrupt));
    return give_device(_boot.store, _information.store_ring, _information.store_interrupt);
}

Result<void> First_process::start_thread() {
    auto const thread = TRY(make<Thread>(_quota, *_process, unsigned{default_priority}));
    TRY_VOID(thread->prepare(_information.message_buffer));
    inheritance::set_base(*thread, highest_priority);
    thread->start(_image.entry(), _stack_top, _information.message_buffer + page_size);
    _process->add(*thread);
    make_ready(*thread);
    return {};
}

Result<void> First_process::make_all() {
    _process = TRY(make<Process>(_quota, Process::Name{"init"}, true));
    _process->acquire(); // nobody holds it from outside
    TRY_VOID(_process->prepare());
    _image_memory = TRY(make<Memory>(_quota));
    TRY_VOID(_image_memory->cover(_boot.boot_image.begin, pages(_boot.boot_image_bytes),
                                  Memory::Lent::constant));
    for (Boot_image_segment const& segment : _image.segments())
        TRY_VOID(map_segment(segment));
    TRY_VOID(map_stack());
    _information.magic = Boot_information::expected_magic;
    _information.version = Boot_information::current_version;
    _information.processors = arch::possible_processors();
    _information.message_buffer = _stack_top;
    _information.clock_page = _stack_top + 2 * page_size;
    _information.image_begin = _image.segments()[0].address;
    _information.boot_image_bytes = _boot.boot_image_bytes;
    _information.boot_image_address =
        round_up(_information.clock_page + clock_page_bytes, boot_image_alignment);
    _information.image_end =
        round_up(_information.boot_image_address + _boot.boot_image_bytes, boot_image_alignment);
    for (unsigned i = 0; i + 1 < sizeof _information.command_line && _boot.command_line[i]; ++i)
        _information.command_line[i] = _boot.command_line[i];
    TRY_VOID(
        _process->mappings().map({*_image_memory, User_address{_information.boot_image_address}, 0,
                                  _image_memory->count(), arch::Rights::read}));
    TRY_VOID(give_all());
    TRY_VOID(start_thread());
    return map_information();
}

// What make_all() takes: what it maps that is not in the boot image, page tables, and a page of
// each kind of object.
uint64_t frames_needed(Boot const& boot, Boot_image const& image) {
    constexpr uint64_t objects = 16;
    constexpr uint64_t upper_tables = 3;
    uint64_t frames = pages(stack_bytes) + 2 + objects + upper_tables;
    for (Boot_image_segment const& segment : image.segments())
        if (segment.rights & memory_permission::write)
            frames += pages(segment.memory_bytes);
    return frames + 2 + pages(boot.boot_image_bytes) / pages(boot_image_alignment);
}

} // namespace

Result<void> start_first_process(Boot const& boot, Ref<Quota> const& quota) {
    if (!boot.boot_image_bytes)
        give_up("start: there is no boot image; pass one as ramdisk");
    if (boot.boot_image_bytes > Memory::largest)
        give_up("start: a boot image of {} bytes is larger than {}", boot.boot_image_bytes,
                Memory::largest);
    auto const image = Boot_image::open(boot.boot_image_address, boot.boot_image_bytes);
    if (!image.ok())
        give_up("start: the boot image is unusable: {}", Boot_image::text(image.error()));
    uint64_t const needed = frames_needed(boot, image.value());
    uint64_t const there = frame_pool().free();
    if (there < needed)
        give_up("start: {} KiB of memory are too little: the first process needs {} KiB",
                boot.total_frames * page_size / 1024,
                (boot.total_frames - there + needed) * page_size / 1024);
    First_process first{boot, quota, image.value()};
    return first.make_all();
}

} // namespace kernel
