// SPDX-License-Identifier: MIT
// From what arch/ found to the first process.
#include <arch/clock.hpp>
#include <arch/frames.hpp>
#include <arch/module_area.hpp>
#include <arch/processor.hpp>
#include <kernel/clock_memory.hpp>
#include <kernel/command_line.hpp>
#include <kernel/deliberate_fault.hpp>
#include <kernel/first_process.hpp>
#include <kernel/log.hpp>
#include <kernel/object.hpp>
#include <kernel/processor_control.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

namespace {

uint64_t kibibytes(uint64_t frames) { return frames * page_size / 1024; }

Frame_range& largest(Boot& boot) {
    Frame_range* best = &boot.ranges[0];
    for (unsigned i = 1; i < boot.range_count; ++i)
        if (boot.ranges[i].end.value - boot.ranges[i].begin.value >
            best->end.value - best->begin.value)
            best = &boot.ranges[i];
    return *best;
}

// The pool's own tables (a bit and a word per frame) lie at the begin of the largest range. Window
// tables needed to reach them come from right behind, and the pool gets the rest.
void start_frame_pool(Boot& boot) {
    Frame_range& range = largest(boot);
    uint64_t const bitmap_words = Frame_allocator::bitmap_words(boot.frames);
    uint64_t const count = pages((bitmap_words + boot.frames) * sizeof(uint64_t));
    uint64_t const needed = count + arch::most_spare_frames;
    uint64_t const there = range.end.value - range.begin.value;
    if (there < needed)
        give_up("start: {} KiB of memory are too little: the kernel needs {} KiB",
                kibibytes(boot.total_frames), kibibytes(boot.total_frames - there + needed));
    arch::take_spare_frames_from(Pfn{range.begin.value + count});
    auto* const words = static_cast<uint64_t*>(arch::frame_address(range.begin));
    for (uint64_t i = 0; i < count; ++i)
        if (!arch::map_frame(Pfn{range.begin.value + i}).ok())
            panic("start: cannot reach frame {}", range.begin.value + i);
    __builtin_memset(words, 0, count * page_size);
    range.begin = arch::first_untaken_spare_frame();
    frame_pool().start(words, words + bitmap_words, boot.frames);
    for (unsigned i = 0; i < boot.range_count; ++i)
        frame_pool().add(boot.ranges[i].begin, boot.ranges[i].end);
    if (!arch::prepare_module_area().ok())
        panic("start: no memory for the tables of modules");
}

Ref<Quota> first_quota() {
    auto const memory = slab_of<Quota>().allocate();
    if (!memory.ok())
        panic("start: no memory for the first quota");
    return Ref<Quota>{*new (memory.value()) Quota{frame_pool().free() * page_size}};
}

alignas(Processor) char first_processor[sizeof(Processor)];

} // namespace

void start(Boot const& given) {
    Boot boot = given;
    auto& self = *new (first_processor) Processor{0};
    arch::set_current_processor(self);
    processors().add(self);
    processors().admit(1);
    Gate::enter_exclusive(self);
    if (command_line_number(boot.command_line, "spin_locks", 0))
        set_lock_patience(spin_for_ever);
    set_fault_moment(boot.command_line);
    *fault_word(Fault_moment::start) = 0;
    start_frame_pool(boot);
    log("memory: {} KiB free of {} KiB", kibibytes(frame_pool().free()),
        kibibytes(boot.total_frames));
    static Ref<Quota> const quota = first_quota();
    if (!make_processors(quota).ok())
        give_up("start: {} KiB of memory are too little for processors",
                kibibytes(boot.total_frames));
    if (!start_clock_memory(quota).ok())
        panic("start: no memory for the clock page's object");
    if (auto const started = start_first_process(boot, quota); !started.ok())
        give_up(
            "start: {} KiB of memory are too little for the first process (error {}, {} KiB free)",
            kibibytes(boot.total_frames), static_cast<uint64_t>(started.error()),
            kibibytes(frame_pool().free()));
    self.reschedule();
    Gate::leave(self, true);
    arch::enter_user();
}

} // namespace kernel
