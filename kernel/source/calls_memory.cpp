// SPDX-License-Identifier: MIT
// System calls on memory and capabilities.
#include <kernel/memory_operations.hpp>
#include <kernel/revoke_operation.hpp>
#include <kernel/system_calls.hpp>

namespace kernel::system_call {

using namespace abi;

namespace {

bool valid_size(uint64_t size) { return size && page_aligned(size) && size <= Memory::largest; }

bool valid_range(uint64_t address, uint64_t size) {
    return page_aligned(address) && valid_size(size) && address >= user_begin &&
           address <= user_end - size;
}

bool valid_part(Memory const& memory, uint64_t offset, uint64_t size) {
    uint64_t const whole = memory.count() * page_size;
    return valid_size(size) && page_aligned(offset) && offset <= whole && size <= whole - offset;
}

Result<arch::Rights> decode_rights(uint64_t rights) {
    switch (rights) {
    case memory_permission::read:
        return arch::Rights::read;
    case memory_permission::read | memory_permission::write:
        return arch::Rights::read_write;
    case memory_permission::read | memory_permission::execute:
        return arch::Rights::read_execute;
    default:
        return Error::invalid_argument;
    }
}

Result<void> begin_create(Thread& caller, Ref<Process> const& payer, uint64_t size) {
    if (!valid_size(size))
        return Error::invalid_argument;
    auto const memory = TRY(make<Memory>(Ref<Quota>{payer->quota()}));
    caller.work.carry_out<Create_operation>(caller, memory, size / page_size);
    return {};
}

Result<void> begin_create_for(Thread& caller, Memory_create_for_in const& in) {
    auto const process =
        TRY(caller.process().table().find<Process>(in.process, process_permission::control));
    if (!process->alive())
        return Error::peer_died;
    return begin_create(caller, process, in.size);
}

Result<void> begin_copy(Thread& caller, Memory_copy_in const& in) {
    auto const source =
        TRY(caller.process().table().find<Memory>(in.memory, memory_permission::read));
    if (!valid_part(*source, in.offset, in.size))
        return Error::invalid_argument;
    auto const memory = TRY(make<Memory>(Ref<Quota>{caller.process().quota()}));
    caller.work.carry_out<Copy_operation>(caller, memory, source, in.offset / page_size,
                                          in.size / page_size);
    return {};
}

Result<void> begin_map(Thread& caller, Memory_map_in const& in) {
    auto& table = caller.process().table();
    auto const process = TRY(table.find<Process>(in.process, process_permission::control));
    auto const memory = TRY(table.find<Memory>(
        in.memory, static_cast<Permissions>(in.rights & memory_permission::all)));
    auto const rights = TRY(decode_rights(in.rights));
    if (!valid_range(in.address, in.size) || !valid_part(*memory, in.offset, in.size))
        return Error::invalid_argument;
    if (!process->alive())
        return Error::peer_died;
    if (!process->space().holds(in.address, in.size))
        return Error::invalid_argument;
    caller.work.carry_out<Map_operation>(
        caller, process,
        Mappings::Wanted{*memory, User_address{in.address}, in.offset / page_size,
                         in.size / page_size, rights, &table, in.memory});
    return {};
}

Result<void> begin_unmap(Thread& caller, Memory_unmap_in const& in) {
    auto const process =
        TRY(caller.process().table().find<Process>(in.process, process_permission::control));
    if (!valid_range(in.address, in.size))
        return Error::invalid_argument;
    if (!process->alive())
        return Error::peer_died;
    if (!process->space().holds(in.address, in.size))
        return Error::invalid_argument;
    caller.work.carry_out<Unmap_operation>(process, User_address{in.address}, in.size / page_size);
    return {};
}

// What was not even begun is answered here.
void begun(Thread& caller, Result<void> const& result) {
    if (!result.ok())
        caller.registers().answer(result.error());
}

} // namespace

void memory_create(Thread& caller, Memory_create_in const& in) {
    begun(caller, begin_create(caller, Ref<Process>{caller.process()}, in.size));
}

void memory_create_for(Thread& caller, Memory_create_for_in const& in) {
    begun(caller, begin_create_for(caller, in));
}

void memory_map(Thread& caller, Memory_map_in const& in) { begun(caller, begin_map(caller, in)); }

void memory_unmap(Thread& caller, Memory_unmap_in const& in) {
    begun(caller, begin_unmap(caller, in));
}

void memory_copy(Thread& caller, Memory_copy_in const& in) {
    begun(caller, begin_copy(caller, in));
}

Result<uint64_t> memory_size(Thread& caller, Memory_size_in const& in) {
    auto const memory =
        TRY(caller.process().table().find<Memory>(in.memory, memory_permission::read));
    return memory->count() * page_size;
}

Result<Capability_index> capability_copy(Thread& caller, Capability_copy_in const& in) {
    auto const process =
        TRY(caller.process().table().find<Process>(in.process, process_permission::control));
    return caller.process().table().copy(in.source, process->table(),
                                         static_cast<Permissions>(in.permissions), in.badge);
}

void capability_delete(Thread& caller, Capability_delete_in const& in) {
    Ref<Thread> const stays{caller}; // the object may be ourselves
    caller.registers().answer(caller.process().table().remove(in.capability).error());
}

void capability_revoke(Thread& caller, Capability_revoke_in const& in) {
    caller.work.carry_out<Revoke_operation>(Ref<Process>{caller.process()}, in.capability);
}

Result<Capability_information_out> capability_information(Thread& caller,
                                                          Capability_information_in const& in) {
    auto const capability = TRY(caller.process().table().find(in.capability));
    return Capability_information_out{static_cast<uint64_t>(capability.object->type()),
                                      capability.permissions, capability.badge};
}

} // namespace kernel::system_call
