// SPDX-License-Identifier: MIT
// What the arguments say.
#pragma once

#include <stdint.h>
#include <string_view>

namespace load {

enum class Kind { compute, barrier, lock, interactive, idle };

// Times are nanoseconds; those of the windows count from the begin of the run.
struct Group_plan {
    Kind kind{Kind::compute};
    uint64_t threads{1};
    uint64_t from{0};
    uint64_t until{0}; // 0: the end
    uint64_t every{0}; // 0: all the time; else in each such period
    uint64_t on{0};    // for so long
    uint64_t work{0};
    uint64_t spin{0};
    uint64_t adaptive{0}; // does not spin while another thread waits for its processor
    uint64_t inside{0};
    uint64_t think{0};
    uint64_t jitter{20}; // percent
    uint64_t pinned{0};

    bool bursts() const { return kind == Kind::interactive || kind == Kind::idle; }
};

struct Plan {
    static constexpr unsigned most_groups = 8;
    static constexpr uint64_t most_threads = 24; // of all groups: a process's accounts hold 31

    bool calibrate{false};
    bool wait{false};
    bool ask{false};
    uint64_t loops{0}; // of a thousand microseconds; 0: to be found out
    uint64_t duration{0};
    unsigned groups{0};
    Group_plan group[most_groups];

    bool adaptive() const; // one of the groups is
};

char const* name_of(Kind kind);

// `KIND[,KEY=VALUE]...`; false when that is none.
bool read_group(std::string_view text, Group_plan& plan);
// False when the arguments are no plan.
bool read_plan(int count, char const* const* arguments, Plan& plan);

} // namespace load
