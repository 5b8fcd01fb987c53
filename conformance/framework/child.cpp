// SPDX-License-Identifier: MIT
#include "child.hpp"
#include "layout.hpp"
#include "report.hpp"
#include "supervisor_protocol.hpp"

#include <lavandin/thread_control_block.hpp>
#include <lavandin/thread_pointer.hpp>

namespace conformance {

namespace {

// What a child finds in its own copy of the data.
struct Start {
    void (*function)(Words const&);
    Words words;
    Inherited heir;
};
constinit Start start_here{};

constinit Thread_control_block control_block{};

[[noreturn]] void run() {
    inherited() = start_here.heir;
    initialise_clock(layout::clock_page);
    control_block.message_buffer = reinterpret_cast<Message_buffer*>(layout::buffer);
    control_block.own.reent = inherited().newlib;
    static_cast<void>(thread_set_pointer(reinterpret_cast<uint64_t>(&control_block)));
    start_here.function(start_here.words);
    while (true)
        static_cast<void>(process_destroy(self_process, 0));
}

Result<void> map_memory(Capability_index process, uint64_t address, uint64_t bytes) {
    lavandin::Capability const memory{TRY(memory_create(bytes))};
    return memory_map(process, memory.index(), address, 0, bytes,
                      memory_permission::read | memory_permission::write);
}

Result<uint64_t> adopt(Capability_index process) {
    if (inherited().supervisor == 0)
        return uint64_t{0};
    message_buffer().sent[0] = {process, all_permissions, 0};
    auto const answer = TRY(endpoint_call(
        inherited().supervisor, Message_tag{supervisor_protocol::adopt, 0, 1}, 0, 0, 0, 0));
    return answer.w0;
}

void release(uint64_t ticket) {
    if (ticket != 0)
        static_cast<void>(endpoint_call(
            inherited().supervisor, Message_tag{supervisor_protocol::release, 0}, ticket, 0, 0, 0));
}

} // namespace

Inherited& inherited() {
    static constinit Inherited own{};
    return own;
}

Result<Child> Child::create(uint64_t quota, uint64_t flags, std::string_view name) {
    Child child;
    child._ended = TRY(Notification::create());
    child._process = TRY(Process::create(quota, name, flags, child._ended.index()));
    child._ticket = TRY(adopt(child._process.index()));
    TRY_VOID(memory_map(child._process.index(), inherited().report, report_address, 0,
                        Report::bytes, memory_permission::read | memory_permission::write));
    return child;
}

void Child::end() {
    if (!_process.valid())
        return;
    static_cast<void>(_process.destroy(1));
    _process.reset();
    _thread.reset();
    _ended.reset();
    release(_ticket);
}

Result<void> Child::start(void (*function)(Words const&), std::initializer_list<uint64_t> words,
                          uint64_t priority, Inherited const& heir) {
    start_here.function = function;
    start_here.words = {};
    std::copy(words.begin(), words.end(), start_here.words.begin());
    start_here.heir = heir;
    start_here.heir.newlib = inherited().newlib;
    start_here.heir.priority = priority;
    start_here.heir.processors = inherited().processors;
    TRY_VOID(inherited().image.map(_process.index(), &start_here, sizeof start_here));
    TRY_VOID(map_memory(_process.index(), layout::stack, layout::stack_bytes));
    uint64_t const top = layout::stack + layout::stack_bytes - 8; // as after a call
    _thread = Kernel_thread{TRY(thread_create(_process.index(), reinterpret_cast<uint64_t>(&run),
                                              top, 0, priority, layout::buffer))};
    return {};
}

Result<Process_information> Child::wait(uint64_t patience) const {
    (void)TRY(_ended.wait(after(patience)));
    return _process.information();
}

namespace layout {

uint64_t fresh_addresses(uint64_t bytes) {
    static constinit uint64_t next = free_begin;
    return __atomic_fetch_add(&next, bytes + 2 * page_size, __ATOMIC_RELAXED) + page_size;
}

} // namespace layout

} // namespace conformance
