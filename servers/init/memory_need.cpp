// SPDX-License-Identifier: MIT
#include "memory_need.hpp"

namespace lavandin::init {

// From the last demand to the first: what must be left before it, given what must be left after.
uint64_t memory_needed(std::span<Demand const> demands) {
    uint64_t need = 0;
    for (size_t i = demands.size(); i-- > 0;) {
        Demand const& demand = demands[i];
        need += demand.image_bytes;
        if (demand.quota.percent >= 100 || need > UINT64_MAX / 200)
            return UINT64_MAX;
        if (demand.quota.percent != 0)
            need = (need * 100 + 99) / (100 - demand.quota.percent);
        else
            need += demand.quota.bytes;
    }
    return need;
}

} // namespace lavandin::init
