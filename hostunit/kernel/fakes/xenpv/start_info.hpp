// SPDX-License-Identifier: MIT
// What each processor has loaded.
#pragma once

#include <cstdint>

namespace xenpv {

struct Local {
    uint32_t number{0};
    uint64_t loaded_table{0};
    uint64_t base_table{0};
};

Local& local();
Local& local_of(unsigned number);
unsigned started_processors();

} // namespace xenpv
