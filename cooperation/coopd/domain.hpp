// SPDX-License-Identifier: MIT
// One domain in the ledger: what Xen counts of it, what it says, what it may use.
#pragma once

#include "claims.hpp"
#include "link.hpp"
#include "settings.hpp"
#include "xen_side.hpp"

#include <cooperation/policy/policy.h>

#include <array>
#include <memory>
#include <optional>
#include <string>

namespace lavandin::coopd {

// Between the domain's keys in the store and a connection.
enum class Presence {
    absent,   // it does not say that it takes part
    unusable, // what it says cannot be used
    open,     // connected
};

struct Domain {
    // Xen.
    Domain_facts facts;
    std::string name;
    bool gone{false};           // no domain of that number and handle is there any more
    bool remembered{false};     // the operator's weight is in the store
    Weight operators;           // as the operator wants it
    Weight applied;             // as it was last set, or found
    std::array<Time, 64> ran{}; // of each VCPU, at the last measurement
    uint64_t ran_in_all{0};
    uint64_t waited{0};
    uint64_t available{~uint64_t{0}}; // VCPUs that the toolstack has not taken away

    // The store.
    bool state_watched{false};
    bool watch_is_new{false}; // its first event is to come
    bool processors_watched{false};
    bool look{true}; // at the store
    Time next_look{0};
    Presence presence{Presence::absent};
    std::string why; // it is unusable

    // The protocol.
    std::unique_ptr<Link> link;
    uint64_t in_use{0};       // processors, by what is known
    Time in_use_since{0};     // when that was last said
    uint32_t offer_number{0}; // of the policy, for the offer that is open; 0: an offer of ours
    uint32_t reclaim_number{0};
    bool favour{false}; // the open reclaim only carries out what the guest itself asked for
    std::array<std::optional<coop_message>, COOP_STATUS + 1> last; // by type, of this domain
    bool flush{false};
    uint64_t lost_edges{0}; // of links that are closed
    uint64_t lost_reports{0};
    Claims claims;

    // The policy.
    policy_domain policy{};
    std::unique_ptr<policy_history> history;
    std::shared_ptr<policy_rules const> rules; // in force
    std::optional<uint32_t> pinned;            // processors, by the operator's hand
    bool newly_pinned{false};                  // or no more; no step knows it yet

    bool runs() const { return !gone && !facts.dying && !facts.ended; }
    bool joined() const { return link && link->engine().state == COOP_VMM_JOINED; }
    uint64_t online() const; // by Xen
    uint64_t edges() const { return lost_edges + (link ? link->edges : 0); }
    uint64_t reports() const { return lost_reports + (link ? link->reports : 0); }
};

// Bits 0 to count - 1.
constexpr uint64_t mask_below(size_t count) {
    return count >= 64 ? ~uint64_t{0} : (uint64_t{1} << count) - 1;
}

} // namespace lavandin::coopd
