// SPDX-License-Identifier: MIT
#include "partner.hpp"

#include <lavandin/mapping.hpp>

#include <string.h>

namespace bench {

using namespace lavandin;

namespace {

constexpr uint64_t code_address = 0x1000'0000;
constexpr uint64_t buffer_address = code_address + page_size;
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

} // namespace bench
