// SPDX-License-Identifier: MIT
// start, park, unpark and stop: by its name the program knows which.
#include <lavandin/clock.hpp>
#include <lavandin/resource_manager_client.hpp>
#include <lavandin/usage.hpp>
#include <stdio.h>
#include <string.h>

using namespace lavandin;

namespace {

using resource_manager_protocol::Obstacle;

constexpr uint64_t patience = 10 * second;
constexpr uint64_t last_number = resource_manager_protocol::maximum_processors - 1;

Result<void> act(std::string_view verb, uint64_t number, Obstacle& obstacle) {
    Resource_manager_client const resources;
    if (verb == "start")
        return resources.start(number, after(patience));
    if (verb == "park")
        return resources.park(number, after(patience), &obstacle);
    if (verb == "stop")
        return resources.stop(number, after(patience), &obstacle);
    return resources.unpark(number);
}

int refused(char const* verb, char const* word, uint64_t number, Error error,
            Obstacle const& obstacle) {
    auto const entry = Resource_manager_client{}.entry(number);
    bool const absent = entry.ok() && entry.value().information.state ==
                                          static_cast<uint64_t>(Processor_state::absent);
    if (error == Error::pinned)
        printf("%s: %s: thread %llu of process %llu (%.*s) may run nowhere else\n", verb, word,
               static_cast<unsigned long long>(obstacle.thread),
               static_cast<unsigned long long>(obstacle.process),
               static_cast<int>(strnlen(obstacle.name, sizeof(obstacle.name))), obstacle.name);
    else if (absent)
        printf("%s: %s: this machine has not been given it\n", verb, word);
    else if (error == Error::not_supported)
        printf("%s: %s: the first one can be parked, but not stopped\n", verb, word);
    else
        return failed(verb, word, error);
    return status_failed;
}

} // namespace

int main(int count, char** arguments) {
    char const* const verb = arguments[0];
    char text[64];
    snprintf(text, sizeof(text), "%s NUMBER...  (numbers as `processors` shows them)", verb);
    if (count < 2)
        return usage(text);
    int status = 0;
    for (int i = 1; i < count; ++i) {
        uint64_t number = 0;
        if (!read_number(arguments[i], last_number, number))
            return usage(text);
        Obstacle obstacle{};
        auto const done = act(verb, number, obstacle);
        if (!done.ok())
            status = refused(verb, arguments[i], number, done.error(), obstacle);
    }
    return status;
}
