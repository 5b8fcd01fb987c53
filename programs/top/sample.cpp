// SPDX-License-Identifier: MIT
#include "sample.hpp"

#include <lavandin/clock.hpp>

namespace top {

init_protocol::Process_entry const* Processes::find(uint64_t number) const {
    for (unsigned i = 0; i < count; ++i)
        if (entries[i].number == number)
            return &entries[i];
    return nullptr;
}

Result<void> Processors::open(Capability_index system) {
    _count = TRY(open_processors(system, _watches));
    return {};
}

Result<void> read_processes(Init_client const& init, Processes& processes) {
    processes.count = 0;
    processes.now = now();
    for (uint64_t position = 0; processes.count < most_processes;) {
        auto const entry = init.next_process(position);
        if (entry.error() == Error::invalid_argument)
            return {};
        if (!entry.ok())
            return entry.error();
        if (entry.value().information.state == 0) // alive
            processes.entries[processes.count++] = entry.value();
    }
    return {};
}

} // namespace top
