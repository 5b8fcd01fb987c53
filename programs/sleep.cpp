// SPDX-License-Identifier: MIT
// Sleeps, keeps the processor busy, or makes system call after system call, for some seconds; or
// sleeps on one processor, which can then be neither parked nor stopped.
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

constexpr char const* how_to_use = "sleep [--on PROCESSOR | --busy | --calling] SECONDS";

int sleep_on(char const* processor, char const* time) {
    uint64_t number = 0;
    uint64_t seconds = 0;
    if (!read_number(processor, 63, number) || !read_number(time, 1'000'000, seconds))
        return usage(how_to_use);
    auto const bound = thread_set_affinity(0, uint64_t{1} << number);
    if (!bound.ok())
        return failed("sleep", processor, bound.error());
    sleep_for(seconds * second);
    return 0;
}

} // namespace

int main(int count, char** arguments) {
    if (count == 4 && std::string_view{arguments[1]} == "--on")
        return sleep_on(arguments[2], arguments[3]);
    std::string_view const how = count == 3 ? arguments[1] : "";
    bool const good = count == 2 || how == "--busy" || how == "--calling";
    uint64_t seconds = 0;
    if (!good || !read_number(arguments[count - 1], 1'000'000, seconds))
        return usage(how_to_use);
    uint64_t const end = after(seconds * second);
    if (how.empty())
        sleep_for(seconds * second);
    else
        how == "--busy" ? spin(end) : call(end);
    return 0;
}
