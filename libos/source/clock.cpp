// SPDX-License-Identifier: MIT
#include <lavandin/capability.hpp>
#include <lavandin/clock.hpp>
#include <lavandin/clock_reader.hpp>
#include <lavandin/counter.hpp>
#include <lavandin/thread_pointer.hpp>

namespace lavandin {

namespace {

enum class Page : uint8_t { unknown, mapped, missing };

constinit uint64_t page_address{0}; // where it may be mapped; 0 for nowhere
constinit Page state{Page::unknown};
constinit uint64_t latest{0}; // that this process was told

struct Plain_access {
    template <typename T>
    static T load(T const& from) {
        return *const_cast<T const volatile*>(&from);
    }
    static uint64_t counter() { return read_counter(); }
};

// Two threads may come here at once: the second finds the page mapped already.
Result<void> map_page() {
    if (page_address == 0)
        return Error::not_supported;
    Capability const page{TRY(clock_page())};
    auto const mapped = memory_map(self_process, page.index(), page_address, 0, clock_page_bytes,
                                   memory_permission::read);
    return mapped.error() == Error::already_mapped ? Error::none : mapped.error();
}

abi::Clock_page const* page() {
    Page known{};
    __atomic_load(&state, &known, __ATOMIC_ACQUIRE);
    if (known == Page::unknown) {
        known = map_page().ok() ? Page::mapped : Page::missing;
        __atomic_store(&state, &known, __ATOMIC_RELEASE);
    }
    return known == Page::mapped ? reinterpret_cast<abi::Clock_page const*>(page_address) : nullptr;
}

// The platform's clock may differ a little between processors: what one thread was told, no thread
// of the process gets less than.
uint64_t forward(uint64_t time) {
    uint64_t seen = __atomic_load_n(&latest, __ATOMIC_RELAXED);
    while (time > seen)
        if (__atomic_compare_exchange_n(&latest, &seen, time, true, __ATOMIC_RELAXED,
                                        __ATOMIC_RELAXED))
            return time;
    return seen;
}

Clock_reading by_system_call() {
    auto const clock = clock_read();
    return clock.ok() ? Clock_reading{clock.value().now, clock.value().wall_offset}
                      : Clock_reading{};
}

bool by_page(Clock_reading& reading) {
    auto const* const from = page();
    if (from == nullptr)
        return false;
    Plain_access access;
    return Clock_reader{*from, message_buffer().placement, access}.read(reading);
}

// The kernel looks at the platform's time of day when it is asked for the time.
bool wall_is_old(uint64_t time) {
    auto const* const from = page();
    return from == nullptr || time - Plain_access::load(from->wall_checked) > second;
}

} // namespace

uint64_t now() {
    Clock_reading reading;
    return forward(by_page(reading) ? reading.now : by_system_call().now);
}

uint64_t wall_clock() {
    Clock_reading reading;
    if (!by_page(reading) || wall_is_old(reading.now))
        reading = by_system_call();
    return forward(reading.now) + reading.wall_offset;
}

void initialise_clock(uint64_t address) {
    page_address = address;
    latest = 0;
    Page unknown{Page::unknown};
    __atomic_store(&state, &unknown, __ATOMIC_RELEASE);
}

} // namespace lavandin
