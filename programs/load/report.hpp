// SPDX-License-Identifier: MIT
// What is noted on the way, and printed when all is over.
#pragma once

#include "group.hpp"

#include <span>

namespace load {

class Report {
public:
    static constexpr unsigned most_samples = 240;

    void sample(std::span<Group const> groups, uint64_t begin);
    void print(std::span<Group const> groups) const;

private:
    struct Sample {
        uint64_t time;
        uint64_t wanted;
        uint64_t done[Plan::most_groups];
    };

    Sample _samples[most_samples];
    unsigned _count{0};
};

// What the resource manager has counted since its start, where there is one.
void print_cooperation();
// `LOAD WORD` and one moment in three clocks: ours, the platform's, the processor's.
void print_moment(char const* word);

} // namespace load
