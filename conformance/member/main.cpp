// SPDX-License-Identifier: MIT
// A member of a group: `serve STACKS`, or the name of what it is to do.
#include "callers.hpp"

#include <lavandin/environment.hpp>
#include <lavandin/objects.hpp>

#include <stdlib.h>

namespace member {

void fail_at(int line) {
    while (true)
        static_cast<void>(process_destroy(self_process, static_cast<uint64_t>(line)));
}

namespace {

// Ends with the process.
[[noreturn]] void serve_for_ever(size_t stacks) {
    CHECK(serve(stacks).ok());
    CHECK(Notification::borrow(environment().capability("ready")).signal().ok());
    while (true)
        static_cast<void>(thread_sleep(forever));
}

bool run(std::span<Caller const> callers, std::string_view name) {
    for (auto const& caller : callers) {
        if (name != caller.name)
            continue;
        auto const second = Group_peer::find("second");
        CHECK(second.ok());
        caller.run(second.value());
        return true;
    }
    return false;
}

} // namespace
} // namespace member

int main(int count, char** arguments) {
    CHECK(count == 3);
    std::string_view const name{arguments[1]};
    if (name == "serve")
        member::serve_for_ever(static_cast<size_t>(atoi(arguments[2])));
    CHECK(member::run(member::ordinary_callers(), name) ||
          member::run(member::callers_in_trouble(), name));
    return 0;
}
