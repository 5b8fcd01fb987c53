// SPDX-License-Identifier: MIT
#include <arch/clock.hpp>
#include <kernel/clock_memory.hpp>
#include <lavandin/abi/clock_page.hpp>

namespace kernel {

namespace {

Memory* memory;

}

Result<void> start_clock_memory(Ref<Quota> const& quota) {
    auto const made = TRY(make<Memory>(quota));
    TRY_VOID(
        made->cover(arch::clock_page(), abi::clock_page_bytes / page_size, Memory::Lent::changing));
    made->acquire(); // it stays
    memory = made.get();
    return {};
}

Memory& clock_memory() { return *memory; }

} // namespace kernel
