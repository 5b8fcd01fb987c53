// SPDX-License-Identifier: MIT
// For tests of grants: lets machine 0 use a page, shows the reference, and waits until that machine
// has written an answer there. Then it ends the grant, which does not work while the page is in
// use; with --leave it ends itself instead.
#include <lavandin/clock.hpp>
#include <lavandin/grant.hpp>
#include <lavandin/mapping.hpp>
#include <lavandin/usage.hpp>
#include <stdio.h>
#include <string.h>
#include <string_view>

using namespace lavandin;

namespace {

constexpr uint64_t step = 20 * millisecond;
constexpr uint64_t patience = 60 * second;

Result<void> run(bool leave) {
    auto allocated = TRY(allocate_memory(page_size));
    auto const page = TRY(Mapping::create(allocated.memory()));
    auto* const text = page.as<char>();
    memcpy(text, "from the guest", sizeof("from the guest"));
    auto const grant = TRY(Grant::create(System::borrow(environment().capability("system")),
                                         allocated.memory(), 0, 0, Grant::writable));
    printf("reference %u\n", grant.reference());
    uint64_t const end = after(patience);
    while (strcmp(text, "from dom0") != 0 && now() < end)
        sleep_for(step);
    printf("answer: %.20s\n", text);
    if (leave)
        return {};
    unsigned busy = 0;
    while (grant.end().error() == Error::busy && now() < end) {
        ++busy;
        sleep_for(step);
    }
    printf("busy %u times, then ended\n", busy);
    return {};
}

} // namespace

int main(int count, char** arguments) {
    bool const leave = count == 2 && std::string_view{arguments[1]} == "--leave";
    if (count != 1 && !leave)
        return usage("granter [--leave]");
    auto const result = run(leave);
    return result.ok() ? 0 : failed("granter", "grant", result.error());
}
