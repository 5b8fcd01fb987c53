// SPDX-License-Identifier: MIT
#include "run_queues.hpp"

#include <lavandin/environment.hpp>
#include <lavandin/thread_pointer.hpp>

using namespace lavandin;

namespace load {

Result<void> Run_queues::open() {
    TRY_VOID(open_processors(environment().capability("system"), _watches));
    return {};
}

// Who is moved in between sees the other processor's queue, once.
bool Run_queues::others_wait() const {
    abi::Placement const placement{__atomic_load_n(&message_buffer().placement, __ATOMIC_RELAXED)};
    return _watches[placement.processor()].ready() != 0;
}

} // namespace load
