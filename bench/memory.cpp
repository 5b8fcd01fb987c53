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

// Each write is the first to its page, which the original and the copy share so far.
Result<void> copy_on_write() {
    constexpr uint64_t bytes = (Measurement::iterations + 1) * page_size;
    Memory const original = TRY(Memory::create(bytes));
    Memory const copy = Memory::own(TRY(memory_copy(original.index(), 0, bytes)));
    uint64_t const address = TRY(take_addresses(bytes));
    TRY_VOID(memory_map(self_process, copy.index(), address, 0, bytes, read_write));
    uint64_t at = address;
    Measurement{"first write to a page that is copied on write"}.run([&] {
        *reinterpret_cast<uint64_t volatile*>(at) = 1;
        at += page_size;
    });
    TRY_VOID(memory_unmap(self_process, address, bytes));
    give_back_addresses(address);
    return {};
}

// From the fault by way of a pager, who maps the page and answers, to the next fault; between them
// the page is unmapped by who faults.
Result<void> page_fault(Memory const& code) {
    Endpoint const endpoint = TRY(Endpoint::create());
    Reply const reply = TRY(Reply::create());
    Memory const page = TRY(Memory::create(page_size));
    Partner partner = TRY(Partner::create(code));
    TRY_VOID(process_set_fault_endpoint(partner.process().index(), endpoint.index()));
    TRY_VOID(partner.start(partner_fault, 0));
    (void)TRY(endpoint_receive(endpoint.index(), reply.index(), forever));
    uint64_t const both = uint64_t{reply.index()} << 32 | endpoint.index();
    Measurement{"fault served by a pager, page unmapped"}.run([&] {
        (void)partner.process().map(page, partner_page, 0, page_size, memory_permission::read);
        (void)endpoint_reply_receive(both, Message_tag{0, 0}, 0, 0, 0, 0);
    });
    return {};
}

} // namespace

Result<void> measure_memory(Memory const& code) {
    TRY_VOID(map_and_unmap());
    TRY_VOID(share(code));
    TRY_VOID(copy_on_write());
    return page_fault(code);
}

} // namespace bench
