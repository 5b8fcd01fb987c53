// SPDX-License-Identifier: MIT
// Entering the kernel, calls, switches, notifications.
#include "measure.hpp"
#include "operations.hpp"

using namespace lavandin;

namespace bench {

namespace {

Result<void> call_and_reply(Memory const& code) {
    Endpoint const endpoint = TRY(Endpoint::create());
    Partner const partner = TRY(start_server(code, endpoint, partner_echo));
    Measurement{"call and reply between two processes", 4}.run([&] {
        (void)endpoint_call(endpoint.index(), Message_tag{1, 0}, 1, 2, 3, 4);
    });
    Measurement{"call and reply with 256 words each way", 4}.run([&] {
        (void)endpoint_call(endpoint.index(), Message_tag{1, maximum_buffer_words}, 1, 2, 3, 4);
    });
    return {};
}

// Two processes that give way to each other: an operation is a switch there and one back.
Result<void> thread_switch(Memory const& code) {
    Partner partner = TRY(Partner::create(code));
    TRY_VOID(partner.start(partner_yield, 0));
    Measurement{"two thread switches between processes", 4}.run([] { (void)thread_yield(); });
    return {};
}

Result<void> notifications(Memory const& code) {
    Notification const there = TRY(Notification::create());
    Notification const back = TRY(Notification::create());
    Measurement{"signal a notification and take its bits", 8}.run([&] {
        (void)there.signal();
        (void)there.wait();
    });
    Partner partner = TRY(Partner::create(code));
    uint64_t const waits = TRY(partner.process().install(there.index()));
    uint64_t const signals = TRY(partner.process().install(back.index()));
    TRY_VOID(partner.start(partner_signal, signals << 32 | waits));
    Measurement{"notifications there and back between processes", 4}.run([&] {
        (void)there.signal();
        (void)back.wait();
    });
    return {};
}

} // namespace

Result<void> measure_messages(Memory const& code) {
    Measurement{"null system call", 16}.run([] { (void)null(); });
    TRY_VOID(call_and_reply(code));
    TRY_VOID(thread_switch(code));
    return notifications(code);
}

Result<void> measure_capabilities() {
    Notification const notification = TRY(Notification::create());
    Measurement{"copy a capability and delete the copy", 8}.run([&] {
        auto const copy = capability_copy(self_process, notification.index(), all_permissions, 0);
        (void)capability_delete(copy.value());
    });
    Measurement{"copy a capability and revoke the copy", 8}.run([&] {
        (void)capability_copy(self_process, notification.index(), all_permissions, 0);
        (void)capability_revoke(notification.index());
    });
    return {};
}

} // namespace bench
