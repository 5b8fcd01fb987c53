// SPDX-License-Identifier: MIT
// The same work by the same threads, whatever number of virtual processors there is: in the
// deterministic mode all instructions of all of them count, so that time burnt by who waits for
// somebody that has been preempted shows.
#include "processors.hpp"

#include <lavandin/condition.hpp>
#include <lavandin/thread.hpp>

#include <array>
#include <span>

using namespace lavandin;

namespace bench {

namespace {

constexpr unsigned threads = 8;
constexpr unsigned locks_each = 2000;
constexpr unsigned barriers = 1000;
constexpr unsigned objects_each = 2000;

void work(unsigned loops) {
    for (unsigned i = 0; i < loops; ++i)
        asm volatile("");
}

class Barrier {
public:
    void arrive() {
        Lock const lock{_mutex};
        uint64_t const round = _round;
        if (++_arrived == threads) {
            _arrived = 0;
            ++_round;
            return _all_here.notify_all();
        }
        while (_round == round)
            static_cast<void>(_all_here.wait(_mutex));
    }

private:
    Mutex _mutex;
    Condition _all_here;
    unsigned _arrived{0};
    uint64_t _round{0};
};

Mutex shared_lock;
Barrier barrier;

void lock_heavy(void*) {
    for (unsigned i = 0; i < locks_each; ++i) {
        {
            Lock const lock{shared_lock};
            work(1000);
        }
        work(1000);
    }
}

void barrier_heavy(void*) {
    for (unsigned i = 0; i < barriers; ++i) {
        work(5000);
        barrier.arrive();
    }
}

// Most of the time somebody holds all gates of the kernel, and the others want in: whoever is
// preempted there holds up all of them.
void object_heavy(void*) {
    for (unsigned i = 0; i < objects_each; ++i) {
        if (!Notification::create().ok())
            return;
        work(100);
    }
}

Result<void> measure_threads(char const* name, void (*function)(void*), unsigned rounds) {
    std::array<uint64_t, most_rounds> samples{};
    for (uint64_t& sample : std::span{samples}.first(rounds)) {
        std::array<Thread, threads> all;
        uint64_t const begin = ticks();
        for (Thread& each : all)
            each = TRY(Thread::start(function, nullptr));
        for (Thread& each : all)
            each.join();
        sample = ticks() - begin;
    }
    print_figure(name, "ticks", samples.data(), rounds);
    return {};
}

} // namespace

Result<void> measure_overcommit(uint64_t processors, unsigned rounds) {
    TRY_VOID(wait_for_processors(processors));
    TRY_VOID(measure_threads("8 threads that share a lock", lock_heavy, rounds));
    TRY_VOID(measure_threads("8 threads that meet at barriers", barrier_heavy, rounds));
    return measure_threads("8 threads that make and end objects", object_heavy, rounds);
}

} // namespace bench
