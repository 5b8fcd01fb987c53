// SPDX-License-Identifier: MIT
#include "partner.hpp"

#include <lavandin/mapping.hpp>

#include <string.h>

namespace bench {

using namespace lavandin;

namespace {

// partner.S knows where its message buffer is, and where in there capabilities arrive.
constexpr uint64_t code_address = 0x1000'0000;
constexpr uint64_t buffer_address = code_address + page_size;
static_assert(buffer_address == 0x1000'1000);
static_assert(partner_page == 0x1010'0000);
static_assert(offsetof(Message_buffer, received) == 2112);
static_assert(offsetof(Message_buffer, accepted_transfers) == 2176);
constexpr uint64_t partner_quota = 64 * 1024;

} // namespace

Result<Allocated_memory> make_partner_code() {
    auto memory = TRY(allocate_memory(page_size));
    Mapping const mapping = TRY(Mapping::create(memory.memory()));
    memcpy(mapping.as<char>(), partner_begin, page_size);
    return memory;
}

Result<Partner> Partner::create(Memory const& code, Capability_index notification) {
    Process process =
        TRY(Process::create(partner_quota, "partner", process_without_fpu, notification));
    TRY_VOID(process.map(code, code_address, 0, page_size,
                         memory_permission::read | memory_permission::execute));
    return Partner{static_cast<Process&&>(process)};
}

Result<void> Partner::start(char const* entry, uint64_t argument) {
    uint64_t const address = code_address + static_cast<uint64_t>(entry - partner_begin);
    _thread = Kernel_thread::own(TRY(thread_create(_process.index(), address, buffer_address,
                                                   argument, default_priority, buffer_address)));
    return {};
}

Result<Partner> start_server(Memory const& code, Endpoint const& endpoint, char const* entry) {
    Reply const reply = TRY(Reply::create());
    Partner partner = TRY(Partner::create(code));
    uint64_t const server = TRY(partner.process().install(endpoint.index()));
    uint64_t const holder = TRY(partner.process().install(reply.index()));
    TRY_VOID(partner.start(entry, holder << 32 | server));
    return partner;
}

} // namespace bench
