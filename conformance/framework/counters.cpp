// SPDX-License-Identifier: MIT
#include "counters.hpp"
#include "child.hpp"
#include "layout.hpp"
#include "report.hpp"

#include <lavandin/clock.hpp>
#include <lavandin/objects.hpp>
#include <lavandin/thread_pointer.hpp>

#include <string.h>

namespace conformance {

namespace {

constexpr char const* object_names[object_types] = {
    "none",      "Process", "Thread", "Endpoint", "Notification", "Memory", "Reply",
    "Interrupt", "System",  "Group",  "Grant",    "Processor",    "Policy"};

void describe(char const* what, uint64_t before, uint64_t after) {
    if (before != after)
        note("%s: %+lld compared with before the test", what,
             static_cast<long long>(after - before));
}

// Threads that never run: each has a message buffer, which is a page of the kernel's.
void make_threads(Process const& process) {
    for (uint64_t buffer = layout::free_begin;; buffer += page_size) {
        auto const thread =
            thread_create(process.index(), user_begin, user_end, 0, lowest_priority, buffer);
        if (!thread.ok())
            return;
        static_cast<void>(capability_delete(thread.value()));
    }
}

} // namespace

Result<Counters> count(Capability_index system) {
    Counters counters{};
    auto& words = message_buffer().words;
    TRY_VOID(process_information(self_process));
    counters.quota_used = reinterpret_cast<Process_information const&>(words).quota_used;
    TRY_VOID(system_information(system));
    auto const& all = reinterpret_cast<System_information const&>(words);
    memcpy(counters.objects, all.objects, sizeof counters.objects);
    counters.frames = all.free_frames + all.pooled_page_tables;
    counters.page_tables = all.page_tables;
    return counters;
}

Result<Counters> count_at_rest(Capability_index system) {
    constexpr uint64_t patience = 60 * second;
    constexpr uint64_t pause = 10 * millisecond;
    constexpr unsigned looks = 10; // in a row that have to be the same
    Counters last = TRY(count(system));
    unsigned same = 0;
    for (uint64_t const deadline = after(patience); now() < deadline;) {
        sleep_for(pause);
        auto const counters = TRY(count(system));
        same = last == counters ? same + 1 : 0;
        last = counters;
        if (same == looks)
            return last;
    }
    return Error::timed_out;
}

void describe(Counters const& before, Counters const& after) {
    for (unsigned type = 1; type < object_types; ++type)
        describe(object_names[type], before.objects[type], after.objects[type]);
    describe("free frames", before.frames, after.frames);
    describe("page tables", before.page_tables, after.page_tables);
    describe("quota used", before.quota_used, after.quota_used);
}

// On one processor, where they do not run as long as this thread does.
Result<void> warm_up(uint64_t bytes) {
    auto const process = TRY(Process::create(bytes, "warm-up"));
    TRY_VOID(thread_set_affinity(0, first_processor(inherited().processors)));
    make_threads(process);
    TRY_VOID(process.destroy(0));
    return thread_set_affinity(0, any_processor);
}

} // namespace conformance
