// SPDX-License-Identifier: MIT
// The guest's side of cooperation: joins the protocol's engine, the estimates and the policy, and
// has processors move. Pure logic around a host (host.hpp): no system calls, no clock of its own.
//
//                       other side open                  WELCOME
//     apart, no timer ------------------> says HELLO ---------------> joined: reports, decides,
//       ^                                                               |      follows
//       +------------- closed, silent, restarted, turned away ----------+
//
// What the other side took stays away when it goes, for `patience`; then the guest is an ordinary
// one again and takes its processors back.
#pragma once

#include "demand_policy.hpp"
#include "host.hpp"
#include "move.hpp"
#include "report.hpp"

#include <cooperation/stock_guest.h>

namespace lavandin::resource_manager {

using resource_manager_protocol::Asked;
using resource_manager_protocol::Cooperation_state;

class Cooperation {
public:
    static constexpr uint64_t report_period =
        10'000'000; // nanoseconds, at best, of reports and of looks
    static constexpr uint64_t longest_pause = 160'000'000; // while nothing does
    static constexpr uint64_t window = 200'000'000;        // that a load is classified by
    static constexpr uint64_t reclaim_time = 5'000'000;    // deadlines nearer are likely missed
    static constexpr uint64_t lateness = 1'000'000'000;    // after a reclaim's deadline
    static constexpr uint64_t look_period = 1'000'000'000;
    static constexpr uint64_t patience = 5'000'000'000;
    static constexpr uint64_t short_absence = 1'000'000'000; // parked; longer ones are stopped
    static constexpr uint64_t long_parked = 10'000'000'000;  // then it is stopped after all

    // `given`: processors that are out of use by cooperation; outlives the server.
    Cooperation(Cooperation_host& host, Demand_policy& policy, uint64_t& given)
        : _host{host}, _policy{policy}, _given{given} {}

    // In new pages (all zero). `processors`: how many the machine can have.
    void begin(coop_guest_page& own, coop_vmm_page const& other, unsigned processors);
    bool begun() const { return _begun; }

    // After an edge, and when it is due.
    void look();
    // When look() is due without an edge.
    uint64_t next();
    // Transitions that have ended, whoever began them.
    void ended(uint64_t number, Outcome const& outcome);

    // By hand, for `duration`, in which the policy rests. The answer comes by asked(). An error:
    // busy (one waits already), wrong_state (nobody to ask), and those of the protocol as refused.
    abi::Error ask(unsigned wanted, uint64_t duration);
    abi::Error give(unsigned count, uint64_t duration);
    // What became of it; once.
    bool take_answer(Asked& asked);

    Cooperation_state state();

private:
    // What may be had, in the session that is on.
    struct Bounds {
        unsigned ceiling;
        uint32_t entitlement;
    };

    coop_guest& engine() { return _link.engine; }
    coop_guest const& engine() const { return _link.engine; }
    bool joined() const { return _link.engine.state == COOP_GUEST_JOINED; }
    bool other_open() const;
    uint64_t online();
    bool shown(coop_status& status) const;
    Bounds bounds() const;
    unsigned available();

    void exchange();
    void happened(coop_guest_event const& event);
    void welcomed(coop_welcome const& welcome);
    void lost();
    void answered(coop_message const& message);
    void offered(coop_message const& message);
    void reclaimed(coop_transfer const& transfer);
    coop_manner manner_of(coop_transfer const& transfer);
    void refuse_offer(coop_reason reason);

    void pump();
    void finish(Move& move, coop_type type);
    void finish_gift();
    void note_given(uint64_t moved);
    void release();
    bool say_released(uint64_t left, uint64_t online, coop_manner manner);
    void tend(uint64_t now);
    void take_back(uint64_t now);

    void measure(uint64_t now);
    void report(uint64_t now, bool quiet);
    void classify();
    void decide(uint64_t now);
    bool send(Ask const& ask, uint64_t now);
    Situation situation(uint64_t now);

    Cooperation_host& _host;
    Demand_policy& _policy;
    uint64_t& _given;
    bool _begun{false};
    coop_stock_guest _link{};
    uint64_t _apart_since{0};

    Move _offer;
    Move _reclaim;
    Move _gift;          // by hand
    uint64_t _online{0}; // in use, as far as the other side was told
    uint64_t _parked_at[most_processors]{};

    uint64_t _period{report_period};
    uint64_t _next_report{0};
    uint64_t _next_look{0}; // at the accounts: with the next report, or sooner
    Observation _latest{};
    Observation _window_begin{};
    Observation _scratch{};
    Reporter _reporter;
    Demand_estimate _demand;
    Classifier _classifier;
    uint32_t _stolen{0};
    coop_report _report{};

    uint64_t _by_hand_until{0};
    enum class Hand : uint8_t { idle, waits, answered } _hand{Hand::idle};
    bool _hand_request{false}; // the open request was made by hand
    Asked _asked{};
    Cooperation_state _told{}; // counts and last messages
};

} // namespace lavandin::resource_manager
