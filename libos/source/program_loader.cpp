// SPDX-License-Identifier: MIT
#include <lavandin/abi/clock_page.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/mapping.hpp>
#include <lavandin/program_loader.hpp>
#include <lavandin/thread_locals.hpp>

#include <array>

namespace lavandin {

namespace {

using namespace memory_permission;

// Where the parts of a new process lie; see layout.hpp.
struct Plan {
    Member_identity member;
    uint64_t base; // what layout.hpp is moved by
    uint64_t image;
    uint64_t environment;
    uint64_t message_buffer;
    uint64_t clock_page;
    uint64_t stack_begin;
    uint64_t stack_end;
    uint64_t heap_begin;
};

Plan plan_process(Elf_program const& program, uint64_t stack_bytes, Member_identity member) {
    Plan plan{};
    plan.member = member;
    plan.base = member.number() * region_bytes;
    plan.image = plan.base + layout::image_base;
    plan.environment = plan.image + program.image_bytes();
    plan.message_buffer = plan.environment + page_size;
    plan.clock_page = plan.message_buffer + page_size;
    plan.stack_begin = plan.clock_page + clock_page_bytes + page_size; // behind a guard page
    plan.stack_end = plan.stack_begin + stack_bytes;
    plan.heap_begin = plan.stack_end + page_size;
    return plan;
}

// A process in the making. It ends when it is not taken.
class Loading {
public:
    Loading(Program_start const& start, Elf_program const& program)
        : _start{start}, _program{program} {}
    Loading(Loading const&) = delete;
    Loading& operator=(Loading const&) = delete;
    ~Loading() {
        if (_process.valid())
            static_cast<void>(_process.destroy(0));
    }

    Result<Started_program> run();

private:
    Result<Memory const*> allocate(uint64_t bytes);
    Result<void> load_segment(Elf_program::Segment const& segment);
    Result<void> map_segment(Elf_program::Segment const& segment, Memory const& memory);
    Result<void> map_part(Memory const& memory, uint64_t first, uint64_t begin, uint64_t end,
                          Permissions rights);
    Result<void> make_stack();
    Result<void> make_environment();
    Result<void> fill_environment(Environment_page& page);

    Program_start const& _start;
    Elf_program const& _program;
    Plan _plan{};
    // What the process has, one after the other; released when it comes to nothing.
    std::array<Allocated_memory, Elf_program::maximum_segments + 2> _allocated;
    size_t _allocated_count{0};
    Process _process;
};

Result<Memory const*> Loading::allocate(uint64_t bytes) {
    if (_allocated_count == _allocated.size())
        return Error::too_large;
    auto& allocated = _allocated[_allocated_count];
    allocated = TRY(allocate_memory(bytes));
    ++_allocated_count;
    return &allocated.memory();
}

// Maps [begin, end) of the image, whose first page of `memory` is `first`.
Result<void> Loading::map_part(Memory const& memory, uint64_t first, uint64_t begin, uint64_t end,
                               Permissions rights) {
    if (begin == end)
        return {};
    return _process.map(memory, _plan.image + begin, begin - first, end - begin, rights);
}

Result<void> Loading::map_segment(Elf_program::Segment const& segment, Memory const& memory) {
    uint64_t const begin = segment.page_begin();
    uint64_t const end = begin + segment.page_bytes();
    bool const protect = _program.relro_begin() == begin && _program.relro_end() > begin;
    uint64_t const protected_end = protect ? _program.relro_end() : begin;
    TRY_VOID(map_part(memory, begin, begin, protected_end, read));
    return map_part(memory, begin, protected_end, end, segment.rights);
}

Result<void> Loading::load_segment(Elf_program::Segment const& segment) {
    auto const& memory = *TRY(allocate(segment.page_bytes()));
    {
        auto const mapping = TRY(Mapping::create(memory, 0, segment.page_bytes(), read | write));
        auto const number = _plan.member.number();
        _program.place(segment, mapping.bytes(), _plan.image, number != 0 ? number : lone_module);
    }
    return map_segment(segment, memory);
}

Result<void> Loading::make_stack() {
    auto const& memory = *TRY(allocate(_start.stack_bytes));
    return _process.map(memory, _plan.stack_begin, 0, _start.stack_bytes, read | write);
}

Result<void> Loading::fill_environment(Environment_page& page) {
    Environment_writer writer{page};
    page.message_buffer = _plan.message_buffer;
    page.clock_page = _plan.clock_page;
    page.image_begin = _plan.image;
    page.image_end = _plan.image + _program.image_bytes();
    page.stack_begin = _plan.stack_begin;
    page.stack_end = _plan.stack_end;
    page.heap_begin = _plan.heap_begin;
    page.heap_end = _plan.base + layout::heap_end;
    page.window_begin = _plan.base + layout::window_begin;
    page.window_end = _plan.base + layout::window_end;
    page.member = _plan.member.raw();
    for (auto const& argument : _start.arguments)
        TRY_VOID(Result<void>{writer.add_argument(argument)});
    for (auto const& given : _start.capabilities) {
        auto const slot = TRY(_process.install(given.source, given.permissions, given.badge));
        TRY_VOID(Result<void>{writer.add_capability(given.name, slot)});
    }
    return {};
}

Result<void> Loading::make_environment() {
    auto const& memory = *TRY(allocate(page_size));
    {
        auto const mapping = TRY(Mapping::create(memory, 0, page_size, read | write));
        TRY_VOID(fill_environment(*mapping.as<Environment_page>()));
    }
    return _process.map(memory, _plan.environment, 0, page_size, read);
}

Result<Started_program> Loading::run() {
    uint64_t const flags = _program.without_fpu() ? process_without_fpu : 0;
    _process = TRY(Process::create(_start.quota, _start.name, _start.group != 0 ? 0 : flags,
                                   _start.ended, _start.group));
    Member_identity member;
    if (_start.group != 0)
        member = Member_identity{TRY(_process.information()).member};
    _plan = plan_process(_program, _start.stack_bytes, member);
    for (auto const& segment : _program.segments())
        TRY_VOID(load_segment(segment));
    TRY_VOID(make_stack());
    TRY_VOID(make_environment());
    auto const thread =
        TRY(thread_create(_process.index(), _plan.image + _program.entry(), _plan.stack_end,
                          _plan.environment, _start.priority, _plan.message_buffer));
    for (Allocated_memory& allocated : _allocated) // the process uses it from now on
        static_cast<void>(allocated.keep_mapped());
    return Started_program{static_cast<Process&&>(_process), Kernel_thread{thread},
                           _plan.stack_begin};
}

} // namespace

Result<Started_program> start_program(Program_start const& start, Elf_error* reason) {
    if (start.stack_bytes == 0 || start.stack_bytes % page_size != 0)
        return Error::invalid_argument;
    auto const program = Elf_program::open(start.file);
    if (reason != nullptr)
        *reason = program.error();
    if (!program.ok())
        return Error::not_supported;
    return Loading{start, program.value()}.run();
}

} // namespace lavandin
