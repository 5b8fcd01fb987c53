// SPDX-License-Identifier: MIT
#include "measure.hpp"

#include <lavandin/mapping.hpp>
#include <lavandin/objects.hpp>
#include <lavandin/system_calls.hpp>
#include <lavandin/thread.hpp>

#include <stdio.h>

using namespace lavandin;
using bench::Measurement;

namespace {

void null_call() {
    Measurement{"null system call", 16}.run([] { (void)null(); });
    Measurement{"clock_read", 16}.run([] { (void)clock_read(); });
}

void yielder(void* stop) {
    while (!*static_cast<bool volatile*>(stop))
        (void)thread_yield();
}

void thread_switch() {
    bool stop = false;
    auto const other = Thread::start(yielder, &stop);
    Measurement{"two thread switches in a process (yield)", 4}.run([] { (void)thread_yield(); });
    stop = true;
}

} // namespace

int main() {
    printf("bench\n");
    null_call();
    thread_switch();
    return 0;
}
