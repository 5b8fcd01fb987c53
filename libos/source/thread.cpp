// SPDX-License-Identifier: MIT
#include <lavandin/mapping.hpp>
#include <lavandin/thread.hpp>
#include <lavandin/thread_locals.hpp>
#include <lavandin/thread_pointer.hpp>
#include <lavandin/waker.hpp>

#include <new>
#include <newlib/platform.hpp>

namespace lavandin {

// What a thread has, from low addresses to high ones:
//
//   guard page | stack ... Thread_area, thread-locals, newlib's state | message buffer
//
// The part between guard and message buffer is one mapping.
struct Thread_area {
    Thread_control_block block;
    void (*function)(void*);
    void* argument;
    uint64_t begin;        // of the guard page: where the addresses were taken
    uint64_t mapped_bytes; // behind the guard page
    Region_number region;  // of the memory mapped there
    Notification ended;
    Kernel_thread thread;
};

extern "C" [[gnu::visibility("hidden")]] void lavandin_thread_entry();
extern "C" [[noreturn]] void lavandin_start_thread(Thread_area* area);

namespace {

constexpr uint64_t round_up(uint64_t value, uint64_t unit) {
    return (value + unit - 1) / unit * unit;
}

// Sizes of what lies above the stack.
struct Area_plan {
    uint64_t locals_offset; // from the Thread_area on, whose own place is a multiple of `alignment`
    uint64_t state_offset;
    uint64_t bytes;
    uint64_t alignment;
};

Area_plan plan_area() {
    auto const image = thread_local_image();
    Area_plan plan{};
    plan.alignment = image.alignment > 64 ? image.alignment : 64;
    plan.locals_offset = round_up(sizeof(Thread_area), plan.alignment);
    plan.state_offset = round_up(plan.locals_offset + image.memory_bytes, 16);
    plan.bytes = round_up(plan.state_offset + newlib_thread_state_bytes(), plan.alignment);
    return plan;
}

// Undoes what was done so far unless it is kept.
class Area_memory {
public:
    static Result<Area_memory> create(uint64_t stack_bytes, Area_plan const& plan) {
        uint64_t const mapped = round_up(stack_bytes + plan.bytes, page_size);
        auto allocated = TRY(allocate_memory(mapped));
        Area_memory area{TRY(take_addresses(page_size + mapped + page_size))};
        TRY_VOID(Process::self().map(allocated.memory(), area._begin + page_size, 0, mapped,
                                     memory_permission::read | memory_permission::write));
        area._mapped = mapped;
        area._region = allocated.keep_mapped();
        return area;
    }
    Area_memory() = default;
    Area_memory(uint64_t begin, uint64_t mapped, Region_number region)
        : _begin{begin}, _mapped{mapped}, _region{region} {}
    Area_memory(Area_memory&& other) noexcept
        : _begin{other._begin}, _mapped{other._mapped}, _region{other._region} {
        other._begin = 0;
    }
    ~Area_memory() {
        if (_begin == 0)
            return;
        if (_mapped != 0)
            static_cast<void>(Process::self().unmap(_begin + page_size, _mapped));
        give_back_addresses(_begin);
        release_memory(_region);
    }

    uint64_t begin() const { return _begin; }
    uint64_t mapped() const { return _mapped; }
    Region_number region() const { return _region; }
    uint64_t end() const { return _begin + page_size + _mapped; } // where the message buffer is
    void keep() { _begin = 0; }

private:
    explicit Area_memory(uint64_t begin) : _begin{begin} {}

    uint64_t _begin{0};
    uint64_t _mapped{0};
    Region_number _region{0};
};

Thread_area* fill_area(Area_memory const& memory, Area_plan const& plan) {
    uint64_t const place = (memory.end() - plan.bytes) / plan.alignment * plan.alignment;
    auto* const area = new (reinterpret_cast<void*>(place)) Thread_area{};
    area->begin = memory.begin();
    area->mapped_bytes = memory.mapped();
    area->region = memory.region();
    area->block.message_buffer = reinterpret_cast<Message_buffer*>(memory.end());
    area->block.belong_to(own_module);
    area->block.own.reent = reinterpret_cast<_reent*>(place + plan.state_offset);
    newlib_thread_state_begin(area->block.own.reent);
    install_thread_locals(area->block.own,
                          reinterpret_cast<std::byte*>(place + plan.locals_offset));
    return area;
}

// Frees what the area owns, and itself. Its thread must not run any more.
void release_area(Thread_area* area) {
    Area_memory const memory{area->begin, area->mapped_bytes, area->region};
    waker::discard(area->block.own);
    area->~Thread_area();
}

Result<void> run_area(Thread_area* area, uint64_t priority) {
    TRY_VOID(waker::prepare(current_part())); // from now on it may have to wait for a lock
    TRY_VOID(waker::prepare(area->block.own));
    area->ended = TRY(Notification::create());
    auto const entry = reinterpret_cast<uint64_t>(&lavandin_thread_entry);
    auto const stack = reinterpret_cast<uint64_t>(area);
    auto const buffer = reinterpret_cast<uint64_t>(area->block.message_buffer);
    area->thread =
        Kernel_thread{TRY(thread_create(self_process, entry, stack, stack, priority, buffer))};
    return {};
}

} // namespace

Result<Thread> Thread::start(void (*function)(void*), void* argument, Thread_options options) {
    if (options.stack_bytes == 0 || options.stack_bytes % page_size != 0)
        return Error::invalid_argument;
    auto const plan = plan_area();
    auto memory = TRY(Area_memory::create(options.stack_bytes, plan));
    auto* const area = fill_area(memory, plan);
    memory.keep();
    area->function = function;
    area->argument = argument;
    if (auto const result = run_area(area, options.priority); !result.ok()) {
        release_area(area);
        return result.error();
    }
    return Thread{area};
}

Thread& Thread::operator=(Thread&& other) noexcept {
    if (this != &other) {
        join();
        _area = other._area;
        other._area = nullptr;
    }
    return *this;
}

Kernel_thread const& Thread::kernel_thread() const { return _area->thread; }

void Thread::join() {
    if (_area == nullptr)
        return;
    static_cast<void>(_area->ended.wait());
    // It has signalled but may still be on its way out; after this it is gone.
    static_cast<void>(_area->thread.destroy());
    release_area(_area);
    _area = nullptr;
}

void lavandin_start_thread(Thread_area* area) {
    static_cast<void>(thread_set_pointer(reinterpret_cast<uint64_t>(&area->block)));
    area->function(area->argument);
    newlib_thread_state_end(area->block.own.reent);
    static_cast<void>(area->ended.signal());
    while (true)
        static_cast<void>(thread_destroy(0));
}

} // namespace lavandin
