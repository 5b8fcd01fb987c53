// SPDX-License-Identifier: MIT
#include "obstacle.hpp"

#include <string.h>

namespace lavandin::resource_manager {

void identify(Init_client const& init, resource_manager_protocol::Obstacle& obstacle) {
    uint64_t const wanted = obstacle.process;
    obstacle.process = 0;
    uint64_t position = 0;
    for (auto entry = init.next_process(position); entry.ok();
         entry = init.next_process(position)) {
        auto const& information = entry.value().information;
        if (information.identifier != wanted)
            continue;
        obstacle.process = entry.value().number;
        memcpy(obstacle.name, information.name, sizeof(obstacle.name));
        return;
    }
}

} // namespace lavandin::resource_manager
