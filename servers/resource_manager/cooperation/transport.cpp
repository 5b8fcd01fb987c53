// SPDX-License-Identifier: MIT
#include "transport.hpp"

namespace lavandin::resource_manager {

namespace {

constexpr Machine_number controller = 0; // where the VMM side lives
constexpr Permissions read_write = memory_permission::read | memory_permission::write;

} // namespace

Result<void> Transport::open(System const& system, Notification const& edge) {
    _memory = TRY(allocate_memory(2 * page_size));
    auto const& memory = _memory.memory();
    _own = TRY(Mapping::create(memory, 0, page_size, read_write));
    _other = TRY(Mapping::create(memory, page_size, page_size, read_write));
    _own_grant = TRY(Grant::create(system, memory, 0, controller, Grant::readable));
    _other_grant = TRY(Grant::create(system, memory, page_size, controller, Grant::writable));
    auto const made = TRY(channel_create(system.index(), controller));
    _channel = Interrupt::own(made.interrupt);
    _port = made.port;
    return _channel.bind(edge);
}

} // namespace lavandin::resource_manager
