// SPDX-License-Identifier: MIT
// What newlib asks of us (newlib/platform.h), except the standard files and the heap.
#include <lavandin/clock.hpp>
#include <lavandin/mutex.hpp>
#include <lavandin/objects.hpp>
#include <lavandin/thread_pointer.hpp>

#include <newlib/platform.hpp>

using namespace lavandin;

namespace {

static_assert(sizeof(Recursive_mutex) == sizeof(platform_lock));

Recursive_mutex& mutex(platform_lock* lock) { return *reinterpret_cast<Recursive_mutex*>(lock); }

} // namespace

void platform_exit(int status) {
    while (true)
        static_cast<void>(Process::self().destroy(static_cast<uint64_t>(status)));
}

uint64_t platform_clock() { return now(); }
uint64_t platform_wall_clock() { return wall_clock(); }

uint64_t platform_processor_time() {
    auto const information = Process::self().information();
    return information.ok() ? information.value().processor_time : 0;
}

long platform_sleep(uint64_t nanoseconds) {
    sleep_for(nanoseconds);
    return 0;
}

_reent* platform_thread_state() { return current_part().reent; }

void platform_lock_acquire(platform_lock* lock) { mutex(lock).lock(); }
int platform_lock_try(platform_lock* lock) { return mutex(lock).try_lock() ? 1 : 0; }
void platform_lock_release(platform_lock* lock) { mutex(lock).unlock(); }
