// SPDX-License-Identifier: MIT
// Threads that call each other, signal, sleep and give way, while one of them moves others and
// parks processors. The sanitizer sees what is touched without the lock that guards it.
#include "at_once_test.hpp"

namespace kernel {
namespace {

class At_once : public At_once_test {};

TEST_F(At_once, messages_signals_and_deadlines) {
    for (int i = 0; i < 3; ++i)
        add_pair();
    add_bells();
    add_sleeper(1);
    add_sleeper(2);
    add_runner(spawn());
    add_runner(own());
    start_processors(count);
    EXPECT_TRUE(act(60));
    expect_nothing_wrong();
}

// Who waits for each other is on different processors, where it stays.
TEST_F(At_once, from_processor_to_processor) {
    add_pair();
    add_pair();
    add_bells();
    add_bells();
    add_runner(own());
    start_processors(count);
    spread();
    EXPECT_TRUE(act(500));
    expect_nothing_wrong();
}

TEST_F(At_once, and_somebody_who_reads_their_accounts) {
    for (int i = 0; i < 3; ++i)
        add_pair();
    add_sleeper(1);
    add_runner(own());
    start_processors(count);
    std::atomic<bool> end{false};
    std::thread reader{[&] { read_accounts(end); }};
    EXPECT_TRUE(act(100));
    end = true;
    reader.join();
    expect_nothing_wrong();
}

TEST_F(At_once, and_processors_that_come_and_go) {
    for (int i = 0; i < 2; ++i)
        add_pair();
    add_bells();
    add_sleeper(1);
    add_runner(spawn());
    add_changer();
    start_processors(count);
    EXPECT_TRUE(act(150));
    expect_nothing_wrong();
    EXPECT_GT(changes(), 10u);
}

} // namespace
} // namespace kernel
