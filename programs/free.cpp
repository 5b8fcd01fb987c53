// SPDX-License-Identifier: MIT
// Shows how much memory there is, and who has it.
#include <lavandin/memory_client.hpp>
#include <lavandin/usage.hpp>
#include <stdio.h>

using namespace lavandin;

namespace {

void row(char const* name, uint64_t bytes) {
    printf("%-26s %8llu KiB\n", name, static_cast<unsigned long long>(bytes >> 10));
}

} // namespace

int main(int count, char**) {
    if (count != 1)
        return usage("free");
    auto const answer = memory_totals();
    if (!answer.ok())
        return failed("free", "memory server", answer.error());
    auto const& totals = answer.value();
    row("machine", totals.machine_bytes);
    row("in use", totals.machine_bytes - totals.free_bytes);
    row("  kernel", totals.kernel_bytes);
    row("  page tables", totals.page_table_bytes);
    row("free", totals.free_bytes);
    row("memory server, limit", totals.server_limit);
    row("memory server, given out", totals.server_used);
    row("one program, limit", totals.client_limit);
    return 0;
}
