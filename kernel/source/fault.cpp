// SPDX-License-Identifier: MIT
// Faults: messages about them to who answers for the process, and the end of a process for which
// nobody does.
#include <kernel/boot.hpp>
#include <kernel/endpoint.hpp>
#include <kernel/log.hpp>
#include <kernel/process.hpp>
#include <kernel/register_dump.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

using abi::Message_tag;

namespace {

constexpr uint64_t registers_in_answer = arch::Registers::fault_words;

// The first write to a page that is shared with a copy.
bool may_write_after_all(Thread const& thread, uint64_t address) {
    Group const* const group = thread.home().group();
    Process* const holder = group ? group->holder(address) : nullptr;
    return holder && holder->mappings().allow_write(address);
}

} // namespace

Result<void> Process::set_fault_endpoint(Ref<Endpoint> endpoint, uint64_t badge,
                                         Capability_table& table, abi::Capability_index slot) {
    if (!_fault_binding.attach(table, slot, *endpoint))
        return Error::invalid_capability;
    _fault_endpoint = static_cast<Ref<Endpoint>&&>(endpoint);
    _fault_badge = badge;
    return {};
}

void Process::forget_fault_endpoint() {
    _fault_binding.detach();
    _fault_endpoint.reset();
}

bool Process::report(Thread& thread, Fault const& fault) {
    Ref<Endpoint> const endpoint = _fault_endpoint;
    if (!endpoint)
        return false;
    thread.set_fault(Fault_state::reported, fault);
    if (endpoint->call(thread, _fault_binding.first(), _fault_badge).ok())
        return true;
    thread.set_fault(Fault_state::none, fault);
    return false;
}

void report_fault(Thread const& from, Thread& to, uint64_t badge) {
    Fault const& fault = from.fault();
    auto& registers = to.registers();
    from.registers().copy_out(to.buffer().words);
    uint64_t const words[]{badge,         Message_tag::fault(arch::Registers::fault_words).raw(),
                           fault.vector,  fault.code,
                           fault.address, from.registers().instruction_pointer()};
    for (unsigned i = 0; i < sizeof words / sizeof *words; ++i)
        registers.set_word(i, words[i]);
}

// The answer's words are copied before they are judged: the server's other threads may write them.
Result<void> answer_fault(Thread& from, Thread& to, Message_tag answer) {
    if (answer.transfers())
        return Error::invalid_argument;
    if (answer.label() != 0)
        return {}; // it stays unanswered
    if (answer.buffer_words()) {
        uint64_t words[registers_in_answer];
        __builtin_memcpy(words, from.buffer().words, sizeof words);
        if (answer.buffer_words() != registers_in_answer || !to.registers().copy_in(words))
            return Error::invalid_argument;
    }
    to.set_fault(Fault_state::allowed, to.fault());
    return {};
}

// The whole process ends: what one of its threads was about to do for the others is lost. It is the
// one that the thread executes in, also as a visitor from another member of the group, which goes
// on with an error. A thread that faults because it came back to a member that is gone goes on
// below that one.
void end_by_fault(Thread& thread) {
    Fault const fault = thread.fault();
    thread.set_fault(Fault_state::none, fault);
    Process* const place = thread.fault_place();
    if (!place)
        return thread.settle();
    Process& process = *place;
    log("process {} ({}): {}, code {x}, address {x}, at [<{}:{x}>]", process.name(),
        process.identifier(), fault.name, fault.code, fault.address, process.name(),
        thread.registers().instruction_pointer());
    log_registers(thread.registers());
    process.set_fault({fault.address, thread.registers().instruction_pointer(), fault.code});
    process.end(abi::Process_state::faulted, fault.vector);
}

void handle_fault(Thread& thread, Fault const& fault) {
    if (fault.write_refused && may_write_after_all(thread, fault.address))
        return;
    Process* const place = thread.fault_place();
    if (!place || !place->report(thread, fault)) {
        thread.set_fault(Fault_state::none, fault);
        end_by_fault(thread);
    }
}

} // namespace kernel
