// SPDX-License-Identifier: MIT
#include "fake_kernel.hpp"

#include <lavandin/thread_pointer.hpp>

#include <algorithm>
#include <cstring>
#include <sys/mman.h>
#include <unistd.h>

namespace lavandin {

namespace fake {

Kernel* Kernel::current = nullptr;
Environment given_environment;

Region::Region(uint64_t size)
    : Object{Object_type::memory}, file{memfd_create("region", 0)}, bytes{size} {
    if (ftruncate(file, static_cast<off_t>(size)) != 0)
        abort();
}

Region::~Region() { close(file); }

std::vector<std::byte> Region::contents(uint64_t offset, uint64_t count) const {
    std::vector<std::byte> result(count);
    if (pread(file, result.data(), count, static_cast<off_t>(offset)) !=
        static_cast<ssize_t>(count))
        abort();
    return result;
}

Kernel::Kernel() : _self{std::make_shared<Space>()} {
    _self->table[self_process] = {_self, all_permissions, 0};
    current = this;
}

Kernel::~Kernel() {
    while (!_self->mappings.empty()) {
        auto const [address, stretch] = *_self->mappings.begin();
        munmap(reinterpret_cast<void*>(address), stretch.bytes);
        _self->mappings.erase(address);
    }
    _self->table.clear();
    for (auto& process : processes)
        process->table.clear();
    current = nullptr;
}

Capability_index Kernel::add(std::shared_ptr<Object> object, uint64_t badge) {
    Capability_index const index = _self->next++;
    _self->table[index] = {std::move(object), all_permissions, badge};
    return index;
}

std::shared_ptr<Object> Kernel::object(Capability_index index) {
    auto const found = _self->table.find(index);
    return found != _self->table.end() ? found->second.object : nullptr;
}

std::shared_ptr<Space> Kernel::space(uint64_t index) {
    return std::dynamic_pointer_cast<Space>(object(static_cast<Capability_index>(index)));
}

Error Kernel::enter(System_call call, Registers& registers) {
    std::unique_lock lock{_lock};
    if (call == System_call::capability_delete) {
        auto const index = static_cast<Capability_index>(registers.word[0]);
        return _self->table.erase(index) != 0 ? Error::none : Error::invalid_capability;
    }
    // Undoing does not fail.
    bool const undo = call == System_call::memory_unmap || call == System_call::process_destroy;
    if (!undo && calls++ == fail_at)
        return failure;
    if (call == System_call::notification_wait) {
        lock.release();
        return wait(registers);
    }
    return decide(call, registers);
}

Error Kernel::decide(System_call call, Registers& registers) {
    switch (call) {
    case System_call::process_create:
        return create_process(registers);
    case System_call::process_destroy:
        return destroy_process(registers);
    case System_call::thread_create:
        return create_thread(registers);
    case System_call::memory_create:
        return make(std::make_shared<Region>(registers.word[0]), registers);
    case System_call::memory_size:
        registers.word[0] =
            static_cast<Region&>(*object(static_cast<Capability_index>(registers.word[0]))).bytes;
        return Error::none;
    case System_call::clock_page:
        return make(clock_page, registers);
    case System_call::memory_map:
        return map(registers);
    case System_call::memory_unmap:
        return unmap(registers);
    case System_call::capability_copy:
        return copy(registers);
    case System_call::capability_information:
        return describe(registers);
    case System_call::notification_create:
        return make(std::make_shared<Bits>(), registers);
    case System_call::notification_signal:
        return signal(registers);
    case System_call::reply_create:
        return make(std::make_shared<Object>(Object_type::reply), registers);
    case System_call::endpoint_create:
        return make(std::make_shared<Object>(Object_type::endpoint), registers);
    case System_call::clock_read:
        registers = {{now, wall_offset, 0, 0, 0, 0}};
        return Error::none;
    case System_call::thread_sleep:
        now = std::max(now, registers.word[0]);
        return Error::none;
    case System_call::endpoint_call:
    case System_call::endpoint_receive:
    case System_call::endpoint_reply:
    case System_call::endpoint_reply_receive:
        return endpoint(call, registers);
    default:
        return Error::no_such_system_call;
    }
}

Error Kernel::make(std::shared_ptr<Object> object, Registers& registers) {
    registers.word[0] = add(std::move(object));
    return Error::none;
}

Error Kernel::map(Registers& registers) {
    auto const [process, memory, address, offset, bytes, rights] =
        std::to_array<uint64_t>(registers.word);
    auto const where = space(process);
    auto const region =
        std::dynamic_pointer_cast<Region>(object(static_cast<Capability_index>(memory)));
    if (!where || !region)
        return Error::invalid_capability;
    if (address % page_size != 0 || offset % page_size != 0 || bytes % page_size != 0 ||
        bytes == 0 || offset + bytes > region->bytes)
        return Error::invalid_argument;
    for (auto const& [begin, stretch] : where->mappings) {
        if (address < begin + stretch.bytes && begin < address + bytes)
            return Error::already_mapped;
    }
    if (where == _self && mmap(reinterpret_cast<void*>(address), bytes, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_FIXED_NOREPLACE, region->file,
                               static_cast<off_t>(offset)) != reinterpret_cast<void*>(address))
        return Error::already_mapped;
    where->mappings[address] = {bytes, offset, rights, region};
    return Error::none;
}

Error Kernel::unmap(Registers& registers) {
    auto const where = space(registers.word[0]);
    if (!where || where->mappings.count(registers.word[1]) == 0)
        return Error::not_mapped;
    if (where == _self)
        munmap(reinterpret_cast<void*>(registers.word[1]), registers.word[2]);
    where->mappings.erase(registers.word[1]);
    return Error::none;
}

Error Kernel::copy(Registers& registers) {
    auto const where = space(registers.word[0]);
    auto const source = _self->table.find(static_cast<Capability_index>(registers.word[1]));
    if (!where || source == _self->table.end())
        return Error::invalid_capability;
    Slot slot = source->second;
    slot.permissions &= static_cast<Permissions>(registers.word[2]);
    slot.badge = registers.word[3] != 0 ? registers.word[3] : slot.badge;
    where->table[where->next] = slot;
    registers.word[0] = where->next++;
    return Error::none;
}

Error Kernel::describe(Registers& registers) {
    auto const found = _self->table.find(static_cast<Capability_index>(registers.word[0]));
    if (found == _self->table.end())
        return Error::invalid_capability;
    auto const& [object, permissions, badge] = found->second;
    registers = {{static_cast<uint64_t>(object->type), permissions, badge, 0, 0, 0}};
    return Error::none;
}

Error Kernel::create_process(Registers& registers) {
    auto const process = std::make_shared<Space>();
    process->quota = registers.word[0];
    process->flags = registers.word[1];
    char name[17]{};
    std::memcpy(name, &registers.word[2], 16);
    process->name = name;
    processes.push_back(process);
    return make(process, registers);
}

Error Kernel::destroy_process(Registers& registers) {
    auto const process = space(registers.word[0]);
    if (!process)
        return Error::invalid_capability;
    process->ended = true;
    process->table.clear();
    process->mappings.clear();
    return Error::none;
}

Error Kernel::create_thread(Registers& registers) {
    auto const process = space(registers.word[0]);
    if (!process)
        return Error::invalid_capability;
    process->threads.push_back({registers.word[1], registers.word[2], registers.word[3],
                                registers.word[4], registers.word[5]});
    return make(std::make_shared<Object>(Object_type::thread), registers);
}

Error Kernel::signal(Registers& registers) {
    auto const found = _self->table.find(static_cast<Capability_index>(registers.word[0]));
    if (found == _self->table.end())
        return Error::invalid_capability;
    auto& bits = static_cast<Bits&>(*found->second.object);
    bits.bits |= found->second.badge != 0 ? found->second.badge : 1;
    bits.changed.notify_all();
    return Error::none;
}

// Called with the lock held. Any deadline but `forever` passes soon.
Error Kernel::wait(Registers& registers) {
    std::unique_lock lock{_lock, std::adopt_lock};
    auto const target = object(static_cast<Capability_index>(registers.word[0]));
    if (!target)
        return Error::invalid_capability;
    auto& bits = static_cast<Bits&>(*target);
    auto const ready = [&] { return bits.bits != 0; };
    if (registers.word[1] == forever)
        bits.changed.wait(lock, ready);
    else if (!bits.changed.wait_for(lock, std::chrono::milliseconds{1}, ready))
        return Error::timed_out;
    registers.word[0] = bits.bits;
    bits.bits = 0;
    return Error::none;
}

} // namespace fake

Error enter_kernel(System_call call, Registers& registers) {
    return fake::Kernel::current->enter(call, registers);
}

Thread_control_block& current_thread() {
    thread_local Message_buffer buffer{};
    thread_local Thread_control_block block;
    block.message_buffer = &buffer;
    return block;
}

Environment const& environment() { return fake::given_environment; }

} // namespace lavandin
