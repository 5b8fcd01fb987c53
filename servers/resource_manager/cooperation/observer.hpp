// SPDX-License-Identifier: MIT
// Reads the accounting pages of processors, and of the processes that use them.
#pragma once

#include "../processor_objects.hpp"
#include "observation.hpp"

#include <lavandin/accounts.hpp>
#include <lavandin/init_client.hpp>

namespace lavandin::resource_manager {

class Observer {
public:
    // `own`: the observing thread's identifier.
    Observer(Processor_objects const& processors, Init_client const& init, uint64_t own)
        : _processors{processors}, _init{init}, _own{own} {}

    // Maps the pages of processors. Answers how many the machine can have.
    unsigned open();
    // So much more than our clock shows Xen's. Only after open().
    uint64_t offset() const { return _watches[0].platform_offset(); }

    Processor_state state(uint64_t number) const {
        return number < _count ? _watches[number].state() : Processor_state::absent;
    }
    void observe(Observation& observation, bool threads);

private:
    static constexpr unsigned most_processes = 8; // watched at a time, those that use most
    static constexpr uint64_t little = 50;        // parts of the time: less is not looked at

    struct Watched {
        init_protocol::Process_number number{0};
        uint64_t identifier{0};
        Process_watch watch;
        bool used{false}; // since the last look
    };
    struct Used {
        init_protocol::Process_number number{0};
        uint64_t time{0};
    };

    void read(Processor_observation& to, unsigned number);
    void look_for_processes(uint64_t time);
    void consider(init_protocol::Process_entry const& entry, uint64_t passed);
    void read_threads(Observation& observation);

    Processor_objects const& _processors;
    Init_client const& _init;
    uint64_t const _own;
    unsigned _count{0};
    std::array<Processor_watch, most_processors> _watches;
    std::array<Watched, most_processes> _watched;
    std::array<Used, 64> _used{};
    uint64_t _looked{0};
};

} // namespace lavandin::resource_manager
