// SPDX-License-Identifier: MIT
#include <lavandin/address_ranges.hpp>
#include <lavandin/call.hpp>
#include <lavandin/mapping.hpp>
#include <lavandin/memory_protocol.hpp>
#include <lavandin/mutex.hpp>

namespace lavandin {

namespace {

Mutex window_lock;
Address_ranges<128> window_ranges; // guarded by window_lock

} // namespace

Result<Allocated_memory> allocate_memory(uint64_t bytes) {
    auto const server = environment().capability("memory");
    if (server == 0)
        return Allocated_memory{TRY(Memory::create(bytes)), 0};
    auto answer =
        TRY(Call(server, memory_protocol::Label::allocate).word(bytes).accept(1).send_again());
    Region_number const region = answer.word();
    auto memory = answer.take<Memory>();
    if (!memory.valid())
        return Error::out_of_memory; // a server that says yes and gives nothing
    return Allocated_memory{static_cast<Memory&&>(memory), region};
}

// A server that does not answer has forgotten the region anyway.
void release_memory(Region_number region) {
    if (region == 0)
        return;
    auto const server = environment().capability("memory");
    static_cast<void>(Call(server, memory_protocol::Label::release).word(region).send_again());
}

void initialise_window(Address_range window) { window_ranges = Address_ranges<128>{window}; }

Result<uint64_t> take_addresses(uint64_t bytes) {
    Lock const lock{window_lock};
    return window_ranges.take(bytes);
}

void give_back_addresses(uint64_t address) {
    Lock const lock{window_lock};
    static_cast<void>(window_ranges.give_back(address));
}

Result<Mapping> Mapping::create(Memory const& memory, uint64_t offset, uint64_t bytes,
                                Permissions rights) {
    uint64_t const address = TRY(take_addresses(bytes));
    if (auto const mapped = Process::self().map(memory, address, offset, bytes, rights);
        !mapped.ok()) {
        give_back_addresses(address);
        return mapped.error();
    }
    return Mapping{address, bytes};
}

Result<Mapping> Mapping::create(Memory const& memory) {
    uint64_t const bytes = TRY(memory.size());
    return create(memory, 0, bytes, memory_permission::read | memory_permission::write);
}

void Mapping::reset() {
    if (_address == 0)
        return;
    static_cast<void>(Process::self().unmap(_address, _bytes));
    give_back_addresses(_address);
    _address = 0;
}

} // namespace lavandin
