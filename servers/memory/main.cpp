// SPDX-License-Identifier: MIT
// The memory server. See memory_protocol.hpp.
#include "memory_server.hpp"

#include <lavandin/mapping.hpp>

namespace lavandin::memory {
namespace {

Result<void> start() {
    auto service = TRY(Service::create("memory"));
    auto pool = Process::borrow(environment().capability("pool"));
    auto const total = TRY(pool.information()).quota_limit;
    auto const state = Memory::borrow(environment().capability("state"));
    static auto const mapping = TRY(Mapping::create(state));
    if (mapping.size() < sizeof(Accounts::Regions))
        return Error::invalid_argument;
    TRY_VOID(watch_clients(service.notification, 1));
    static Memory_server server{static_cast<Process&&>(pool), total,
                                *mapping.as<Accounts::Regions>()};
    server.notified(1); // clients that ended while nobody served
    return static_cast<Error>(serve(service, server));
}

} // namespace
} // namespace lavandin::memory

int main() { return static_cast<int>(lavandin::memory::start().error()); }
