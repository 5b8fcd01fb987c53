// SPDX-License-Identifier: MIT
// Sleeps, keeps the processor busy, or makes system call after system call, for some seconds.
#include <lavandin/clock.hpp>
#include <lavandin/usage.hpp>
#include <string_view>

using namespace lavandin;

namespace {

void spin(uint64_t end) {
    while (now() < end) { // no system call
    }
}

void call(uint64_t end) {
    while (now() < end)
        static_cast<void>(null());
}

} // namespace

int main(int count, char** arguments) {
    std::string_view const how = count == 3 ? arguments[1] : "";
    bool const good = count == 2 || how == "--busy" || how == "--calling";
    uint64_t seconds = 0;
    if (!good || !read_number(arguments[count - 1], 1'000'000, seconds))
        return usage("sleep [--busy | --calling] SECONDS");
    uint64_t const end = after(seconds * second);
    if (how.empty())
        sleep_for(seconds * second);
    else
        how == "--busy" ? spin(end) : call(end);
    return 0;
}
