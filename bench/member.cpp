// SPDX-License-Identifier: MIT
// Two programs of one group: `bench-callee` takes calls, `bench-caller` measures them. Names are
// those of the manifest's sections.
#include "measure.hpp"

#include <lavandin/clock.hpp>
#include <lavandin/group.hpp>
#include <lavandin/objects.hpp>

#include <stdio.h>
#include <string_view>

using namespace lavandin;

namespace {

using Add = Group_function<0, uint64_t(uint64_t, uint64_t)>;
using End = Group_function<1, void()>;

Result<uint64_t> add(uint64_t a, uint64_t b) { return a + b; }

// Its own process is the callee's while it visits.
Result<void> end() { return Process::self().destroy(0); }

int serve() {
    static constexpr Group_entry entries[] = {Add::serve<add>, End::serve<end>};
    if (!serve_group(entries).ok())
        return 1;
    while (true)
        static_cast<void>(thread_sleep(forever));
}

// It was started just before. Both processes have the name of their file; one of them takes calls.
Result<Group_peer> find_callee() {
    constexpr uint64_t patience = 10 * second;
    for (uint64_t const deadline = after(patience); now() < deadline; sleep_for(millisecond)) {
        auto found = Group_peer::find("bench-member");
        if (found.error() != Error::peer_died)
            return found;
    }
    return Error::timed_out;
}

int call() {
    auto const callee = find_callee();
    if (!callee.ok() || Add::call(callee.value(), 1, 2).value() != 3) {
        printf("bench: there is nobody to call in the group\n");
        return 1;
    }
    bench::Measurement{"call between members of a group", 16}.run(
        [&] { (void)Add::call(callee.value(), 1, 2); });
    return End::call(callee.value()).error() == Error::peer_died ? 0 : 1;
}

} // namespace

int main(int, char** arguments) {
    return std::string_view{arguments[0]} == "bench-callee" ? serve() : call();
}
