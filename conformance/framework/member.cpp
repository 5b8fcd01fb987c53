// SPDX-License-Identifier: MIT
// The loader of libos wants a whole process around it; this one is made of system calls only.
#include "member.hpp"
#include "layout.hpp"

#include <lavandin/layout.hpp>

#include <string.h>

// x86-64/member_image.S
extern "C" {
[[gnu::visibility("hidden")]] extern std::byte const member_image_begin[];
[[gnu::visibility("hidden")]] extern std::byte const member_image_end[];
}

namespace conformance {

namespace {

using namespace memory_permission;

constexpr uint64_t stack_bytes = 32 * 1024;

// New memory, filled by `fill` before the other process sees it.
template <typename Fill>
Result<Memory> fill_memory(uint64_t bytes, Fill fill) {
    auto memory = TRY(Memory::create(bytes));
    TRY_VOID(memory_map(self_process, memory.index(), layout::scratch, 0, bytes, read | write));
    auto const filled = fill(std::span{reinterpret_cast<std::byte*>(layout::scratch), bytes});
    TRY_VOID(memory_unmap(self_process, layout::scratch, bytes));
    TRY_VOID(filled);
    return memory;
}

} // namespace

void Member::end() {
    if (_process.valid())
        static_cast<void>(_process.destroy(1));
    _process.reset();
}

Result<Process_information> Member::wait(uint64_t patience) const {
    static_cast<void>(TRY(_ended.wait(after(patience))));
    return information();
}

struct Troupe::Place {
    Member_identity identity;
    uint64_t base;
    uint64_t image;
    uint64_t environment;
    uint64_t buffer;
    uint64_t stack;
};

Result<void> Troupe::prepare() {
    auto const opened = Elf_program::open({member_image_begin, member_image_end});
    if (!opened.ok())
        return Error::not_supported;
    _program = opened.value();
    _group = TRY(Group::create());
    _ready = TRY(Notification::create());
    _inside = TRY(Notification::create());
    for (auto& go : _go)
        go = TRY(Notification::create());
    return {};
}

Result<void> Troupe::load(Process const& process, Place const& place) const {
    for (auto const& segment : _program.segments()) {
        auto const write_segment = [&](std::span<std::byte> bytes) {
            _program.place(segment, bytes, place.image, place.identity.number());
            return Result<void>{};
        };
        auto const memory = TRY(fill_memory(segment.page_bytes(), write_segment));
        TRY_VOID(process.map(memory, place.image + segment.page_begin(), 0, segment.page_bytes(),
                             segment.rights));
    }
    auto const stack = TRY(Memory::create(stack_bytes));
    return process.map(stack, place.stack, 0, stack_bytes, read | write);
}

void Troupe::describe(Environment_page& page, Place const& place) {
    page.member = place.identity.raw();
    page.message_buffer = place.buffer;
    page.image_begin = place.image;
    page.image_end = place.environment;
    page.stack_begin = place.stack;
    page.stack_end = page.heap_begin = place.stack + stack_bytes;
    page.heap_end = place.base + lavandin::layout::heap_end;
    page.window_begin = place.base + lavandin::layout::window_begin;
    page.window_end = place.base + lavandin::layout::window_end;
}

Result<void> Troupe::give(Process const& process, Place const& place, char const* name,
                          char const* role, char const* argument) const {
    struct Given {
        char const* name;
        Capability_index source;
    };
    Given const given[]{{"ready", _ready.index()}, {"inside", _inside.index()},
                        {"go0", _go[0].index()},   {"go1", _go[1].index()},
                        {"go2", _go[2].index()},   {"system", inherited().system}};
    auto const write_page = [&](std::span<std::byte> bytes) -> Result<void> {
        auto& page = *reinterpret_cast<Environment_page*>(bytes.data());
        Environment_writer writer{page};
        describe(page, place);
        for (auto const* const text : {name, role, argument})
            TRY_VOID(Result<void>{writer.add_argument(text)});
        for (auto const& each : given) {
            auto const slot = TRY(process.install(each.source));
            TRY_VOID(Result<void>{writer.add_capability(each.name, slot)});
        }
        return {};
    };
    auto const memory = TRY(fill_memory(page_size, write_page));
    return process.map(memory, place.environment, 0, page_size, read);
}

Result<Member> Troupe::start(char const* name, char const* role, char const* argument) const {
    Member member;
    member._ended = TRY(Notification::create());
    member._process =
        TRY(Process::create(member_quota, name, 0, member._ended.index(), _group.index()));
    Place place{};
    place.identity = Member_identity{TRY(member.information()).member};
    place.base = place.identity.number() * region_bytes;
    place.image = place.base + lavandin::layout::image_base;
    place.environment = place.image + _program.image_bytes();
    place.buffer = place.environment + page_size;
    place.stack = place.buffer + 2 * page_size;
    TRY_VOID(load(member._process, place));
    TRY_VOID(give(member._process, place, name, role, argument));
    Kernel_thread const thread{TRY(thread_create(
        member._process.index(), place.image + _program.entry(), place.stack + stack_bytes,
        place.environment, inherited().priority - 1, place.buffer))};
    return member;
}

Result<Member> Troupe::serve(char const* name, char const* stacks_of_it) const {
    auto member = TRY(start(name, "serve", stacks_of_it));
    static_cast<void>(TRY(_ready.wait(after(Child::usual_patience))));
    return member;
}

Result<uint64_t> Troupe::play(char const* role, char const* stacks_of_second) const {
    auto const second = TRY(serve("second", stacks_of_second));
    auto const first = TRY(start("first", role));
    auto const end = TRY(first.wait());
    bool const exited = static_cast<Process_state>(end.state) == Process_state::exited;
    return exited ? end.status : ~uint64_t{0};
}

} // namespace conformance
