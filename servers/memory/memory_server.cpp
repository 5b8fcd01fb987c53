// SPDX-License-Identifier: MIT
#include "memory_server.hpp"

namespace lavandin::memory {

using namespace memory_protocol;

uint64_t Memory_server::given_out() const {
    auto const information = _pool.information();
    return information.ok() ? information.value().quota_used : 0;
}

void Memory_server::request(Request& request) {
    switch (static_cast<Label>(request.label())) {
    case Label::allocate:
        return allocate(request);
    case Label::release:
        return release(request);
    case Label::totals:
        return totals(request);
    }
    request.fail(Error::not_supported);
}

void Memory_server::allocate(Request& request) {
    uint64_t const bytes = request.word();
    Client const client = badge_process(request.badge());
    if (bytes == 0 || bytes % page_bytes != 0 || bytes > maximum_region_bytes || client == 0)
        return request.fail(Error::invalid_argument);
    if (auto const allowed = _accounts.check(client, bytes); !allowed.ok())
        return request.fail(allowed.error());
    auto memory = Memory::create_for(_pool.index(), bytes);
    if (!memory.ok()) // the pool is what the machine has for programs
        return request.fail(Error::out_of_memory);
    Capability_index const index = memory.value().release();
    Region_number const number = _accounts.add(client, bytes, index);
    request.answer().word(number).transfer(index);
}

// The kernel frees the memory when nobody has it any more. A client that kept a capability or a
// mapping stays charged: that is seen from the pool, which the region would have come back to. (It
// is also seen wrongly when another region comes back at the same moment: in favour of the client,
// and only once per region. Of a predecessor's region nobody knows; the client is believed.)
void Memory_server::release(Request& request) {
    Client const client = badge_process(request.badge());
    Region const* const region = _accounts.find(client, static_cast<Region_number>(request.word()));
    if (region == nullptr)
        return request.fail(Error::invalid_argument);
    uint64_t const before = given_out();
    bool const from_predecessor = region->memory == 0;
    static_cast<void>(capability_delete(region->memory));
    if (from_predecessor || given_out() + region->bytes <= before)
        _accounts.remove(client, region->number);
    else
        _accounts.keep_charged(client, region->number);
    request.finish({});
}

void Memory_server::totals(Request& request) {
    auto const machine = _system.information();
    auto const pool = _pool.information();
    if (!machine.ok() || !pool.ok())
        return request.fail(Error::not_supported);
    System_information const& system = machine.value();
    Totals const totals{
        .machine_bytes = system.total_frames * page_bytes,
        .free_bytes = system.free_frames * page_bytes,
        .kernel_bytes = system.kernel_frames * page_bytes,
        .server_limit = pool.value().quota_limit,
        .server_used = pool.value().quota_used,
        .client_limit = _accounts.client_limit(),
        .client_used = _accounts.used(badge_process(request.badge())),
        .page_table_bytes = (system.page_tables + system.pooled_page_tables) * page_bytes,
    };
    request.answer().object(totals);
}

void Memory_server::notified(uint64_t) {
    Client clients[256];
    size_t const count = _accounts.clients(clients);
    auto const ended = Init_client{}.keep_ended({clients, count});
    for (size_t i = 0; ended.ok() && i < ended.value(); ++i) {
        for (Region region = _accounts.remove_any(clients[i]); region.client != 0;
             region = _accounts.remove_any(clients[i]))
            static_cast<void>(capability_delete(region.memory)); // 0: given up before
    }
}

} // namespace lavandin::memory
