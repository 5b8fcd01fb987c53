// SPDX-License-Identifier: MIT
// The default policy: as many processors as the demand fills. More is asked for soon after the
// demand came to be above what is there, fewer late: an idle processor is in nobody's way, and
// asked back where it is. Who loses time to others by having too many gives them up earlier.
// Neither happens near a border. What was refused is asked for again after pauses that grow.
#pragma once

#include "demand_policy.hpp"

namespace lavandin::resource_manager {

class Steady_policy final : public Demand_policy {
public:
    static constexpr uint64_t rise_time = 30'000'000; // nanoseconds above until more is asked for
    static constexpr uint64_t fall_time = 10'000'000'000; // below until fewer
    static constexpr uint64_t loss_time = 200'000'000;    // the same where too many cost time
    static constexpr uint32_t margin = 250;               // thousandths of a processor
    static constexpr uint64_t least_pause = 100'000'000;  // between requests
    static constexpr uint64_t most_pause = 5'000'000'000;

    void begin() override { *this = {}; }
    std::optional<Ask> decide(Situation const& situation) override;
    void answered(coop_answer const& answer, uint64_t now) override;
    bool hurries() const override { return _hurries; }
    unsigned useful(Situation const& situation) const override;

private:
    struct Goal {
        unsigned wanted;
        coop_need need;
    };
    static Goal goal(Situation const& situation);
    std::optional<Ask> ask(Situation const& situation, Goal const& goal);

    uint64_t _above_since{0}; // 0: is not
    uint64_t _below_since{0};
    bool _hurries{false};
    unsigned _highest{0}; // goal since then
    uint64_t _not_before{0};
    uint64_t _pause{least_pause};
};

} // namespace lavandin::resource_manager
