// SPDX-License-Identifier: MIT
// Costs of the kernel's operations, a line each.
#include "measure.hpp"
#include "operations.hpp"

#include <lavandin/clock.hpp>

#include <stdio.h>

using namespace lavandin;

namespace {

Result<void> measure_all() {
    uint64_t start = now(); // since kernel entry
    bench::print_figure("kernel entry to program in the shell's place", "ticks", &start, 1);
    auto const allocated = TRY(bench::make_partner_code());
    Memory const& code = allocated.memory();
    TRY_VOID(bench::measure_messages(code));
    TRY_VOID(bench::measure_clock());
    TRY_VOID(bench::measure_capabilities());
    TRY_VOID(bench::measure_memory(code));
    TRY_VOID(bench::measure_processes(code));
    TRY_VOID(bench::measure_calls());
    return bench::measure_long_operations(code);
}

} // namespace

int main() {
    auto const done = measure_all();
    if (done.ok())
        return 0;
    printf("bench: failed with error %u\n", static_cast<unsigned>(done.error()));
    return 1;
}
