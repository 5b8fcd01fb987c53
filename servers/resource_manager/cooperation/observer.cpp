// SPDX-License-Identifier: MIT
#include "observer.hpp"

#include <algorithm>
#include <lavandin/clock.hpp>
#include <string.h>

namespace lavandin::resource_manager {

unsigned Observer::open() {
    while (_count < most_processors) {
        auto opened = Processor_watch::open(_processors.object(_count));
        if (!opened.ok())
            break;
        _watches[_count++] = static_cast<Processor_watch&&>(opened.value());
    }
    return _count;
}

// Who looks runs somewhere, and may have displaced a thread that is in the queue for that reason.
void Observer::read(Processor_observation& to, unsigned number) {
    auto const reading = _watches[number].read();
    auto const& counts = reading.counts;
    bool const here = counts.running == _own;
    to.state = static_cast<abi::Processor_state>(counts.state);
    to.busy = reading.time(Activity::busy);
    to.idle = reading.time(Activity::idle);
    to.away = reading.time(Activity::away);
    to.ran = reading.time(Run_kind::running);
    to.stolen = reading.time(Run_kind::stolen);
    to.ready = counts.ready - (here && counts.ready != 0 ? 1 : 0);
    to.running = here ? counts.ready != 0 : counts.running != 0;
    to.switches = counts.switches;
    to.wake_ups = counts.wake_ups;
    memcpy(to.histogram, counts.histogram, sizeof(to.histogram));
}

void Observer::consider(init_protocol::Process_entry const& entry, uint64_t passed) {
    auto const slot = static_cast<size_t>(entry.number % _used.size());
    Used& used = _used[slot];
    bool const known = used.number == entry.number;
    uint64_t const time = entry.information.processor_time;
    uint64_t const spent = known ? time - std::min(time, used.time) : 0;
    used = {static_cast<init_protocol::Process_number>(entry.number), time};
    if (spent < passed / little)
        return;
    Watched* place = nullptr;
    for (Watched& each : _watched) {
        if (each.number == used.number) {
            each.used = true;
            return;
        }
        if (each.number == 0)
            place = &each;
    }
    auto const page = place != nullptr ? _init.accounts(used.number) : Error::table_full;
    auto opened = page.ok() ? Process_watch::open(page.value()) : page.error();
    if (!opened.ok())
        return; // its quota may have no room for the page
    place->number = used.number;
    place->identifier = entry.information.identifier;
    place->watch = static_cast<Process_watch&&>(opened.value());
    place->used = true;
}

// Those that have used a processor since the last look, and no others: the page is at the cost of
// the process.
void Observer::look_for_processes(uint64_t time) {
    uint64_t const passed = time - _looked;
    _looked = time;
    for (Watched& each : _watched)
        each.used = false;
    uint64_t position = 0;
    for (auto entry = _init.next_process(position); entry.ok();
         entry = _init.next_process(position))
        consider(entry.value(), passed);
    for (Watched& each : _watched)
        if (!each.used)
            each = {};
}

void Observer::read_threads(Observation& observation) {
    for (Watched const& each : _watched) {
        if (each.number == 0)
            continue;
        each.watch.threads([&](Thread_account const& account) {
            if (observation.thread_count == most_threads || account.identifier == _own)
                return;
            auto& to = observation.threads[observation.thread_count++];
            to.identifier = account.identifier;
            to.process = each.identifier;
            memcpy(to.time, account.time, sizeof(to.time));
            to.wake_ups = account.wake_ups;
        });
    }
}

void Observer::observe(Observation& observation, bool threads) {
    observation.time = now();
    observation.thread_count = 0;
    observation.processor_count = _count;
    for (unsigned number = 0; number < _count; ++number)
        read(observation.processors[number], number);
    if (!threads)
        return;
    look_for_processes(observation.time);
    read_threads(observation);
}

} // namespace lavandin::resource_manager
