// SPDX-License-Identifier: MIT
// Accounts of processors and of processes' threads, read without system calls: out of pages that
// the kernel writes (abi/accounting.hpp) and that these map. Clock and accounts are those of now.
#pragma once

#include <lavandin/abi/accounting.hpp>
#include <lavandin/abi/processor.hpp>
#include <lavandin/mapping.hpp>
#include <span>

namespace lavandin {

using abi::Activity;
using abi::Process_counts;
using abi::Processor_counts;
using abi::Run_kind;
using abi::Thread_account;
using abi::Thread_phase;

// Nanoseconds that a processor spent in each way, by who says so, up to `now`.
struct Processor_reading {
    uint64_t now;
    uint64_t begun; // both count from a moment near this one on: the kernel from exactly then
    uint64_t platform[abi::Run_state::kinds]; // by Run_kind
    Processor_counts counts;                  // times up to `now`, too

    uint64_t time(Run_kind kind) const { return platform[static_cast<unsigned>(kind)]; }
    uint64_t time(Activity activity) const { return counts.time[static_cast<unsigned>(activity)]; }
};

class Processor_watch {
public:
    Processor_watch() = default;
    // Errors: those of processor_accounts and Mapping::create.
    static Result<Processor_watch> open(Capability_index processor);

    bool valid() const { return _page.valid(); }
    Processor_reading read() const;
    // The processor's, now.
    abi::Processor_state state() const {
        auto const& counts = _page.as<abi::Processor_accounts const>()->counts;
        return static_cast<abi::Processor_state>(__atomic_load_n(&counts.state, __ATOMIC_ACQUIRE));
    }
    // Threads that wait for the processor, now; who runs is not among them.
    uint64_t ready() const {
        auto const& counts = _page.as<abi::Processor_accounts const>()->counts;
        return __atomic_load_n(&counts.ready, __ATOMIC_RELAXED);
    }
    // So much more than our clock shows the platform's, which is the same for all its machines.
    uint64_t platform_offset() const { return _page.as<abi::Processor_accounts const>()->origin; }

private:
    explicit Processor_watch(Mapping&& page) : _page{static_cast<Mapping&&>(page)} {}

    Mapping _page;
};

// Opens the pages of the processors that the machine has, also of those that do not run yet, from
// number 0 on and as far as there is room. Answers how many. Errors: those of processor_open and
// Processor_watch::open.
Result<unsigned> open_processors(Capability_index system, std::span<Processor_watch> watches);

class Process_watch {
public:
    static constexpr unsigned most_threads = abi::Process_accounts::most_threads;

    Process_watch() = default;
    // Errors: those of process_accounts and Mapping::create.
    static Result<Process_watch> open(Capability_index process);
    // By the memory that process_accounts answered.
    static Result<Process_watch> open(Memory const& page);

    bool valid() const { return _page.valid(); }
    // Threads that have ended, together.
    Process_counts counts() const;
    // Those that live and have a place: `each` is called with the account of each of them.
    template <typename Each>
    void threads(Each each) const {
        for (unsigned place = 0; place < most_threads; ++place)
            if (Thread_account const account = thread(place); account.identifier != 0)
                each(account);
    }

private:
    explicit Process_watch(Mapping&& page) : _page{static_cast<Mapping&&>(page)} {}
    Thread_account thread(unsigned place) const;

    Mapping _page;
};

} // namespace lavandin
