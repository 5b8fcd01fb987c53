// SPDX-License-Identifier: MIT
// Lists the processes.
#include <lavandin/init_client.hpp>
#include <lavandin/usage.hpp>
#include <stdio.h>

using namespace lavandin;

namespace {

void print(init_protocol::Process_entry const& entry) {
    static constexpr char const* states[] = {"alive", "exited", "killed", "faulted"};
    Process_information const& process = entry.information;
    char name[sizeof(process.name) + 1] = {};
    memcpy(name, process.name, sizeof(process.name));
    char group[sizeof(entry.group) + 1] = {};
    memcpy(group, entry.group, sizeof(entry.group));
    printf("%6llu %6llu %-8s %7llu %6lluK %6lluK %9.3f  %s%s%s\n",
           static_cast<unsigned long long>(entry.number),
           static_cast<unsigned long long>(entry.parent),
           process.state < 4 ? states[process.state] : "?",
           static_cast<unsigned long long>(process.threads),
           static_cast<unsigned long long>(process.quota_used >> 10),
           static_cast<unsigned long long>(process.quota_limit >> 10),
           static_cast<double>(process.processor_time) / 1e9, name,
           group[0] != 0 ? ", of group " : "", group);
}

} // namespace

int main(int count, char**) {
    if (count != 1)
        return usage("ps");
    Init_client const init;
    printf("number parent state    threads    used   quota   seconds  name\n");
    for (uint64_t position = 0;;) {
        auto const entry = init.next_process(position);
        if (entry.error() == Error::invalid_argument)
            return 0;
        if (!entry.ok())
            return failed("ps", "init", entry.error());
        print(entry.value());
    }
}
