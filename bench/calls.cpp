// SPDX-License-Identifier: MIT
// System calls one by one, each in its simplest case: figures have the names of the calls, and
// docs/interface.md shows them there.
#include "measure.hpp"
#include "operations.hpp"

#include <lavandin/environment.hpp>
#include <lavandin/mapping.hpp>
#include <lavandin/thread_pointer.hpp>

using namespace lavandin;

namespace bench {

namespace {

// Results of calls that make something, for those that end it.
class Slots {
public:
    void keep(Result<Capability_index> const& made) {
        if (made.ok() && _count < capacity)
            _slots[_count++] = made.value();
    }
    Capability_index take() { return _count == 0 ? 0 : _slots[--_count]; }

private:
    static constexpr unsigned capacity = Measurement::iterations + 1; // the first is not measured
    Capability_index _slots[capacity]{};
    unsigned _count{0};
};

template <typename Call>
void measure_making(char const* name, Call call, Slots& slots) {
    Measurement{name}.run([&] { slots.keep(call()); });
}

void delete_all(Slots& slots) {
    while (auto const slot = slots.take())
        (void)capability_delete(slot);
}

void measure_objects() {
    Slots slots;
    measure_making("endpoint_create", endpoint_create, slots);
    delete_all(slots);
    measure_making("reply_create", reply_create, slots);
    delete_all(slots);
    measure_making("notification_create", notification_create, slots);
    delete_all(slots);
    measure_making(
        "memory_create", [] { return memory_create(page_size); }, slots);
    delete_all(slots);
    measure_making("group_create", group_create, slots);
    delete_all(slots);
    measure_making("clock_page", clock_page, slots);
    delete_all(slots);
}

Result<void> measure_slots() {
    Notification const notification = TRY(Notification::create());
    Slots slots;
    measure_making(
        "capability_copy",
        [&] { return capability_copy(self_process, notification.index(), all_permissions, 0); },
        slots);
    Measurement{"capability_delete"}.run([&] { (void)capability_delete(slots.take()); });
    Measurement{"capability_information", 8}.run(
        [&] { (void)capability_information(notification.index()); });
    Measurement{"capability_revoke", 8}.run([&] { (void)capability_revoke(notification.index()); });
    Measurement{"notification_signal", 8}.run([&] { (void)notification.signal(); });
    Measurement{"notification_wait", 8}.run([&] {
        (void)notification.signal();
        (void)notification.wait();
    });
    Endpoint const endpoint = TRY(Endpoint::create());
    Measurement{"endpoint_bind", 8}.run([&] { (void)endpoint_bind(endpoint.index(), 0); });
    return {};
}

Result<void> measure_pages() {
    constexpr auto read_write = memory_permission::read | memory_permission::write;
    Memory const memory = TRY(Memory::create(page_size));
    constexpr unsigned most = Measurement::iterations + 1;
    uint64_t const begin = TRY(take_addresses(most * page_size));
    uint64_t at = begin;
    Measurement{"memory_map"}.run([&] {
        (void)memory_map(self_process, memory.index(), at, 0, page_size, read_write);
        at += page_size;
    });
    Measurement{"memory_unmap"}.run([&] {
        at -= page_size;
        (void)memory_unmap(self_process, at, page_size);
    });
    Slots copies;
    measure_making(
        "memory_copy", [&] { return memory_copy(memory.index(), 0, page_size); }, copies);
    delete_all(copies);
    Measurement{"memory_size", 8}.run([&] { (void)memory_size(memory.index()); });
    give_back_addresses(begin);
    return {};
}

void measure_threads() {
    Measurement{"thread_yield", 8}.run([] { (void)thread_yield(); });
    Measurement{"thread_sleep", 8}.run([] { (void)thread_sleep(at_once); });
    auto const pointer = reinterpret_cast<uint64_t>(&current_thread());
    Measurement{"thread_set_pointer", 8}.run([&] { (void)thread_set_pointer(pointer); });
    Measurement{"thread_set_priority", 8}.run(
        [] { (void)thread_set_priority(0, default_priority); });
}

// Processes with nothing in them.
void measure_empty_processes() {
    Slots slots;
    Slots ended;
    measure_making(
        "process_create", [] { return process_create(32 * 1024, 0, 'x', 0, 0, 0); }, slots);
    Measurement{"process_destroy"}.run([&] {
        auto const process = slots.take();
        (void)process_destroy(process, 0);
        ended.keep(process);
    });
    delete_all(ended);
    Measurement{"process_information", 8}.run([] { (void)process_information(self_process); });
}

void measure_system() {
    Measurement{"clock_read", 16}.run([] { (void)clock_read(); });
    auto const system = environment().capability("system");
    Measurement{"system_information", 4}.run([&] { (void)system_information(system); });
}

} // namespace

Result<void> measure_calls() {
    measure_objects();
    TRY_VOID(measure_slots());
    TRY_VOID(measure_pages());
    measure_threads();
    measure_empty_processes();
    measure_system();
    return {};
}

} // namespace bench
