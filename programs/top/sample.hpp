// SPDX-License-Identifier: MIT
// What there is to see at one moment.
#pragma once

#include <lavandin/abi/processor.hpp>
#include <lavandin/accounts.hpp>
#include <lavandin/init_client.hpp>

#include <array>

namespace top {

using namespace lavandin;

inline constexpr unsigned most_processors = 64;
inline constexpr unsigned most_processes = init_protocol::maximum_processes;

struct Processes {
    std::array<init_protocol::Process_entry, most_processes> entries;
    unsigned count{0};
    uint64_t now{0};

    init_protocol::Process_entry const* find(uint64_t number) const;
};

// Opens the pages of the processors that the machine has, and reads them.
class Processors {
public:
    // Errors: those of open_processors.
    Result<void> open(Capability_index system);

    unsigned count() const { return _count; }
    Processor_reading read(unsigned place) const { return _watches[place].read(); }

private:
    std::array<Processor_watch, most_processors> _watches;
    unsigned _count{0};
};

// Error: those of Init_client::next_process.
Result<void> read_processes(Init_client const& init, Processes& processes);

} // namespace top
