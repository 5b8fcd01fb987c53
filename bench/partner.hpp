// SPDX-License-Identifier: MIT
// A second process to measure with: one page of code, no C library, no FPU.
#pragma once

#include <lavandin/mapping.hpp>

extern "C" {
extern char const partner_begin[];
extern char const partner_echo[];
extern char const partner_yield[];
extern char const partner_signal[];
extern char const partner_call_often[];
extern char const partner_share[];
extern char const partner_fault[];
extern char const partner_call[];
extern char const partner_sleep[];
extern char const partner_end[];
}

namespace bench {

// Where partners have the page that they share, or fault at.
inline constexpr uint64_t partner_page = 0x1010'0000;
// How many partner_call_often makes at once.
inline constexpr uint64_t partner_calls = 5000;

// The partners' code, to be mapped into each of them.
lavandin::Result<lavandin::Allocated_memory> make_partner_code();

class Partner {
public:
    // `notification` is signalled when it ends; 0 for none.
    static lavandin::Result<Partner> create(lavandin::Memory const& code,
                                            lavandin::Capability_index notification = 0);

    lavandin::Process const& process() const { return _process; }
    // The one that start() made.
    lavandin::Kernel_thread const& thread() const { return _thread; }

    // Runs `entry` with `argument`.
    lavandin::Result<void> start(char const* entry, uint64_t argument);

    Partner() = default;
    Partner(Partner&&) = default;
    Partner& operator=(Partner&&) = default;
    ~Partner() {
        if (_process.valid())
            (void)_process.destroy(0);
    }

private:
    explicit Partner(lavandin::Process&& process)
        : _process{static_cast<lavandin::Process&&>(process)} {}

    lavandin::Process _process;
    lavandin::Kernel_thread _thread;
};

// A partner that receives from `endpoint` at `entry`.
lavandin::Result<Partner> start_server(lavandin::Memory const& code,
                                       lavandin::Endpoint const& endpoint, char const* entry);

} // namespace bench
