// SPDX-License-Identifier: MIT
// Whether other threads wait for a processor, as its accounts say: looking is no system call.
#pragma once

#include <lavandin/abi/clock_page.hpp>
#include <lavandin/accounts.hpp>

#include <array>

namespace load {

class Run_queues {
public:
    // Of all processors that the machine has. Errors: those of open_processors.
    lavandin::Result<void> open();

    // Another thread waits for the processor that the caller runs on.
    bool others_wait() const;

private:
    static constexpr unsigned most_processors = lavandin::abi::Clock_page::most_processors;

    std::array<lavandin::Processor_watch, most_processors> _watches;
};

} // namespace load
