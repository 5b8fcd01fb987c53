// SPDX-License-Identifier: MIT
// What an operator says: a file (TOML), and the command line above it.
#pragma once

#include "xen_side.hpp"

#include <cooperation/policy/rules.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

namespace lavandin::coopd {

class Settings_error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct Domain_settings {
    uint32_t minimum{1};             // processors that are never asked back
    std::optional<uint32_t> ceiling; // processors that it may ever have
    bool turn_away{false};           // it gets no session
    std::shared_ptr<policy_rules const> rules;
};

struct Settings {
    Settings();

    std::string socket{"/run/coopd.sock"};
    std::string record;                      // folder; empty: nothing is recorded
    uint64_t record_limit{64 * 1024 * 1024}; // bytes of a file
    uint32_t pool{0};
    bool dry_run{false}; // no weight, cap or rate limit is set, nothing is reclaimed
    policy_kind policy{POLICY_PROPORTIONAL};
    Time interval{10 * millisecond}; // between looks, on average; also the report period
    policy_tuning tuning{};
    // Of each domain: messages at once, then one per interval; violations until it is suspended,
    // how long one is remembered, how long it is suspended; the pause between two connections.
    uint32_t burst{8};
    Time message_interval{10 * millisecond};
    uint32_t tolerated{16};
    Time forgiven{second};
    Time suspension{10 * second};
    Time connection_pause{second};
    std::map<std::string, Domain_settings, std::less<>> domains; // by name

    Domain_settings const& of(std::string_view name) const;
    // What a reclaim's deadline is at least. Less than the policy's own, so that there is time to
    // see that it was obeyed.
    Time reclaim_time() const { return tuning.park - margin(); }
    Time margin() const { return 2 * interval; }
    // Settings_error says what cannot be.
    void check() const;
};

Settings read_settings(std::string const& file);

std::optional<policy_kind> policy_of(std::string_view name);
std::string_view policy_name(uint32_t kind);

} // namespace lavandin::coopd
