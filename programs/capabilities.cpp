// SPDX-License-Identifier: MIT
// Shows all capabilities that this process has, and under which names it was given them.
#include <lavandin/environment.hpp>
#include <lavandin/system_calls.hpp>
#include <lavandin/usage.hpp>

#include <array>
#include <stdio.h>

using namespace lavandin;

namespace {

constexpr size_t most_shown = 64;
constexpr Capability_index last_looked_at = 256; // slots are given from the lowest free one on

struct Held {
    Capability_index slot;
    Capability_information_out what;
};

std::array<Held, most_shown> held;
size_t held_count;
size_t not_shown;

// At once and before anything is printed, as that may need memory, which is a capability, too.
void look() {
    for (Capability_index slot = 1; slot <= last_looked_at; ++slot) {
        auto const what = capability_information(slot);
        if (!what.ok())
            continue;
        if (held_count < held.size())
            held[held_count++] = {slot, what.value()};
        else
            ++not_shown;
    }
}

char const* name_of_type(uint64_t type) {
    static constexpr std::array names{
        "none",      "process", "thread", "endpoint", "notification", "memory", "reply",
        "interrupt", "system",  "group",  "grant",    "processor",    "policy"};
    static_assert(names.size() == abi::object_types);
    return type < names.size() ? names[type] : "?";
}

// A process finds itself without having been told.
char const* given_name(Capability_index slot) {
    for (Named_capability const& each : environment().capabilities())
        if (each.slot == slot)
            return each.name;
    return slot == self_process ? "self" : "-";
}

void print(Held const& each) {
    printf("%4u %-12s %11llx %16llx %s\n", static_cast<unsigned>(each.slot),
           name_of_type(each.what.type), static_cast<unsigned long long>(each.what.permissions),
           static_cast<unsigned long long>(each.what.badge), given_name(each.slot));
}

} // namespace

int main(int count, char**) {
    look();
    if (count != 1)
        return usage("capabilities");
    printf("slot type         permissions            badge given as\n");
    for (size_t i = 0; i < held_count; ++i)
        print(held[i]);
    if (not_shown != 0)
        printf("%zu more\n", not_shown);
    return 0;
}
