// SPDX-License-Identifier: MIT
#include <xenpv/start_info.hpp>
#include <xenpv/table_users.hpp>

namespace xenpv {

// A VCPU says that it has a table before it loads it (processor.cpp), and this is called after the
// update: one that is not seen here loads, and flushes, what is updated already.
uint64_t users_of(Mfn top) {
    uint64_t users = 0;
    for (unsigned number = 0; number < started_processors(); ++number)
        if (__atomic_load_n(&local_of(number).loaded_table, __ATOMIC_SEQ_CST) == top.value)
            users |= uint64_t{1} << number;
    return users;
}

void unload_from_others(Mfn top) {
    for (unsigned number = 0; number < started_processors(); ++number)
        if (number != local().number && local_of(number).loaded_table == top.value)
            __atomic_store_n(&local_of(number).loaded_table, 0, __ATOMIC_SEQ_CST);
}

bool held_by_xen(Mfn top) {
    for (unsigned number = 0; number < started_processors(); ++number)
        if (__atomic_load_n(&local_of(number).base_table, __ATOMIC_RELAXED) == top.value)
            return true;
    return false;
}

} // namespace xenpv
