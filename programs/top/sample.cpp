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
    for (unsigned number = 0; number < most_processors; ++number) {
        Capability const processor{TRY(processor_open(system, number))};
        auto watch = Processor_watch::open(processor.index());
        if (watch.error() == Error::not_supported)
            return {};
        if (!watch.ok())
            return watch.error();
        _watches[_count++] = static_cast<Processor_watch&&>(watch.value());
    }
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
