// SPDX-License-Identifier: MIT
#include "processors.hpp"

#include <lavandin/clock.hpp>

using namespace lavandin;

namespace bench {

Result<void> wait_for_processors(uint64_t count) {
    uint64_t const deadline = after(60 * second);
    for (uint64_t number = 0; number < count; ++number)
        while (!thread_set_affinity(0, uint64_t{1} << number).ok()) {
            if (now() > deadline)
                return Error::timed_out;
            sleep_for(millisecond);
        }
    return thread_set_affinity(0, any_processor);
}

} // namespace bench
