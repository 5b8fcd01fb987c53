// SPDX-License-Identifier: MIT
// Mapping, and sharing with another process.
#include "measure.hpp"
#include "operations.hpp"

#include <lavandin/mapping.hpp>
#include <lavandin/thread_pointer.hpp>

using namespace lavandin;

namespace bench {

namespace {

constexpr auto read_write = memory_permission::read | memory_permission::write;

Result<void> map_and_unmap() {
    auto const allocated = TRY(allocate_memory(page_size));
    Memory const& memory = allocated.memory();
    uint64_t const address = TRY(take_addresses(page_size));
    Measurement{"map and unmap a page"}.run([&] {
        (void)memory_map(self_process, memory.index(), address, 0, page_size, read_write);
        (void)memory_unmap(self_process, address, page_size);
    });
    Measurement{"make, map, touch, unmap and free a page"}.run([&] {
        auto const fresh = memory_create(page_size);
        (void)memory_map(self_process, fresh.value(), address, 0, page_size, read_write);
        *reinterpret_cast<uint64_t volatile*>(address) = 1;
        (void)memory_unmap(self_process, address, page_size);
        (void)capability_delete(fresh.value());
    });
    give_back_addresses(address);
    return {};
}

// Made here, given in a call, mapped, touched and unmapped by the other side, which answers then.
Result<void> share(Memory const& code) {
    Endpoint const endpoint = TRY(Endpoint::create());
    Partner const partner = TRY(start_server(code, endpoint, partner_share));
    Measurement{"share a page: make, give, map, touch, unmap, free"}.run([&] {
        auto const fresh = memory_create(page_size);
        message_buffer().sent[0] = {fresh.value(), all_permissions, 0};
        (void)endpoint_call(endpoint.index(), Message_tag{1, 0, 1}, 0, 0, 0, 0);
        (void)capability_delete(fresh.value());
    });
    return {};
}

} // namespace

Result<void> measure_memory(Memory const& code) {
    TRY_VOID(map_and_unmap());
    return share(code);
}

} // namespace bench
