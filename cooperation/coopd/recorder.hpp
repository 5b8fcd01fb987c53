// SPDX-License-Identifier: MIT
// Recordings, in a folder: `protocol.jsonl`, what was said (docs/cooperation-protocol.md,
// Recordings), and `policy.jsonl`, what the policy saw and decided (docs/coopd.md). From coopd's
// start, so that both can be replayed; each file ends at a limit rather than lose its beginning.
#pragma once

#include "xen_side.hpp"

#include <cooperation/policy/policy.h>
#include <cooperation/record.h>

#include <fstream>
#include <span>
#include <string>
#include <vector>

namespace lavandin::coopd {

class Recorder {
public:
    // An empty folder records nothing. Throws std::runtime_error where it cannot write.
    Recorder(std::string const& folder, uint64_t limit);

    void write(coop_record const& record);
    // Around a step of the policy, or an answer between two steps. That is kept until settle():
    // to write it takes longer than to decide, and guests wait for their answers.
    void before(policy_state const& state);
    void after(std::span<policy_action const> actions, bool answer);
    void settle();
    void flush();

private:
    class File {
    public:
        void open(std::string const& name, uint64_t limit);
        void write(std::string_view line);
        bool wanted() const { return _file.is_open(); }
        void flush() { _file.flush(); }

    private:
        std::ofstream _file;
        std::string _name;
        uint64_t _left{0};
    };

    struct Decided {
        policy_state state{};
        std::vector<policy_domain> domains; // of that state, as they were before
        std::vector<policy_action> actions;
        bool answer{false};
    };

    File _protocol, _policy;
    Decided _before;
    std::vector<Decided> _decided;
};

} // namespace lavandin::coopd
