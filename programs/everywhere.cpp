// SPDX-License-Identifier: MIT
// Runs a thread on each processor that takes threads, for some rounds of work, and shows what each
// of them did.
#include <lavandin/clock.hpp>
#include <lavandin/thread.hpp>
#include <lavandin/thread_pointer.hpp>
#include <lavandin/usage.hpp>
#include <stdio.h>
#include <string.h>

using namespace lavandin;

namespace {

constexpr uint64_t most_processors = 64;
constexpr uint64_t stack_bytes = 16 * 1024;

struct Worker {
    uint64_t processor; // on which it is to run
    uint64_t rounds;    // that it is to do
    uint64_t there{0};  // rounds that it did there
    uint64_t elsewhere{0};
    bool bound{false};
    Thread thread;
};

Worker workers[most_processors];

uint64_t where() {
    Thread_information information{};
    if (thread_information(0).ok())
        memcpy(&information, message_buffer().words, sizeof(information));
    return information.processor;
}

void work(void* self) {
    auto& worker = *static_cast<Worker*>(self);
    worker.bound = thread_set_affinity(0, uint64_t{1} << worker.processor).ok();
    for (uint64_t i = 0; worker.bound && i < worker.rounds; ++i) {
        for (int volatile step = 0; step < 1000;)
            step = step + 1;
        ++(where() == worker.processor ? worker.there : worker.elsewhere);
    }
}

int run(uint64_t rounds) {
    for (uint64_t number = 0; number < most_processors; ++number) {
        workers[number].processor = number;
        workers[number].rounds = rounds;
        auto thread = Thread::start(work, &workers[number], {stack_bytes});
        if (!thread.ok())
            return failed("everywhere", "a thread", thread.error());
        workers[number].thread = static_cast<Thread&&>(thread.value());
    }
    uint64_t used = 0;
    uint64_t total = 0;
    for (Worker& worker : workers) {
        worker.thread.join();
        used += worker.bound;
        total += worker.there;
        if (worker.bound)
            printf("processor %2llu: %llu rounds, %llu elsewhere\n",
                   static_cast<unsigned long long>(worker.processor),
                   static_cast<unsigned long long>(worker.there),
                   static_cast<unsigned long long>(worker.elsewhere));
    }
    printf("%llu processors, %llu rounds\n", static_cast<unsigned long long>(used),
           static_cast<unsigned long long>(total));
    return 0;
}

} // namespace

int main(int count, char** arguments) {
    uint64_t rounds = 100;
    if (count > 2 || (count == 2 && !read_number(arguments[1], 1'000'000, rounds)))
        return usage("everywhere [ROUNDS]");
    return run(rounds);
}
