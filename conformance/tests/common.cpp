// SPDX-License-Identifier: MIT
#include "tests/common.hpp"

namespace conformance {

// The thread never runs: its process ends with the test, and its priority is the lowest.
Result<Samples> make_samples() {
    TRY_VOID(keep_to_one_processor());
    Samples samples{};
    samples.process = TRY(empty_process());
    samples.thread =
        TRY(thread_create(samples.process, user_begin, user_end, 0, lowest_priority, user_begin));
    samples.endpoint = TRY(endpoint_create());
    samples.notification = TRY(notification_create());
    samples.memory = TRY(memory_create(page_size));
    samples.reply = TRY(reply_create());
    samples.system = inherited().system;
    return samples;
}

} // namespace conformance
