// SPDX-License-Identifier: MIT
// Lists the processors that this machine has, or could be given.
#include <lavandin/init_client.hpp>
#include <lavandin/resource_manager_client.hpp>
#include <lavandin/usage.hpp>
#include <stdio.h>
#include <string.h>

using namespace lavandin;

namespace {

using resource_manager_protocol::Availability;
using resource_manager_protocol::Entry;

char const* name_of(uint64_t state) {
    static constexpr char const* names[abi::processor_states] = {
        "absent", "offered", "starting", "online", "draining", "parked", "stopped"};
    return state < abi::processor_states ? names[state] : "?";
}

struct Name {
    char text[sizeof(Process_information::name) + 1];
};

// Of the process that the kernel knows by this number.
Name name_of_process(uint64_t identifier) {
    Name name{"-"};
    Init_client const init;
    uint64_t position = 0;
    for (auto entry = init.next_process(position); identifier != 0 && entry.ok();
         entry = init.next_process(position))
        if (entry.value().information.identifier == identifier)
            memcpy(name.text, entry.value().information.name, sizeof(name.text) - 1);
    return name;
}

void print_refusal(Entry const& entry) {
    static constexpr char const* actions[abi::processor_actions] = {"offer", "withdraw", "start",
                                                                    "park",  "unpark",   "stop"};
    auto const error = static_cast<Error>(entry.refusal.error);
    auto const& obstacle = entry.refusal.obstacle;
    if (error == Error::none || entry.refused_action >= abi::processor_actions)
        return;
    printf("%s: ", actions[entry.refused_action]);
    if (error == Error::pinned)
        printf("pinned by thread %llu of process %llu (%.*s)",
               static_cast<unsigned long long>(obstacle.thread),
               static_cast<unsigned long long>(obstacle.process),
               static_cast<int>(strnlen(obstacle.name, sizeof(obstacle.name))), obstacle.name);
    else
        printf("%s", text_of(error));
}

void print(Entry const& entry) {
    static constexpr char const* asked[] = {"-", "online", "offline"};
    auto const& processor = entry.information;
    printf("%6llu %-8s %-8s %9llu  %-16s ", static_cast<unsigned long long>(processor.number),
           name_of(processor.state), entry.asked < 3 ? asked[entry.asked] : "?",
           static_cast<unsigned long long>(processor.switches),
           name_of_process(processor.running_process).text);
    print_refusal(entry);
    printf("\n");
}

} // namespace

int main(int count, char**) {
    if (count != 1)
        return usage("processors");
    Resource_manager_client const resources;
    printf("number state    asked     switches  runs             refused\n");
    for (uint64_t number = 0; number < resource_manager_protocol::maximum_processors; ++number) {
        auto const entry = resources.entry(number);
        if (!entry.ok())
            return failed("processors", "resources", entry.error());
        bool const there =
            entry.value().information.state != static_cast<uint64_t>(Processor_state::absent) ||
            entry.value().asked != static_cast<uint64_t>(Availability::unknown);
        if (there)
            print(entry.value());
    }
    return 0;
}
