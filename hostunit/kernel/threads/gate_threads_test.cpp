// SPDX-License-Identifier: MIT
// Gates between threads: who is exclusive is alone, also with those in user mode.
#include "processor_threads.hpp"
#include <arch/processor.hpp>
#include <atomic>
#include <gtest/gtest.h>
#include <kernel/processors.hpp>
#include <kernel/scheduler.hpp>
#include <memory>
#include <vector>

namespace kernel {

Processors known_processors;
void Processors::add(Processor& processor) { _all[processor.number()] = &processor; }

// Those of this test schedule nothing, and nobody looks at what they count.
Processor::Processor(uint32_t number) : _number{number}, _classes{number}, _accounts{nullptr} {}

namespace {

Processors& all = known_processors;

class Gates : public testing::TestWithParam<uint32_t> {
protected:
    static constexpr unsigned rounds = 400;

    Gates() {
        set_lock_patience(GetParam());
        for (uint32_t number = 0; number < count; ++number) {
            _processors.push_back(std::make_unique<Processor>(number));
            all.add(*_processors.back());
        }
        all.admit(count);
    }
    ~Gates() override { set_lock_patience(100); }

    static bool run(std::function<void(Processor&, uint32_t)> const& body) {
        return threads::processors().run(count,
                                         [&](uint32_t number) { body(*all.at(number), number); });
    }

    // What a processor does in user mode: enters when it is kicked.
    static void user_mode(Processor& self, std::atomic<bool> const& end) {
        auto& kicked = threads::processors().kicked[self.number()];
        while (!kicked && !end)
            std::this_thread::yield();
        kicked = false;
    }

    static constexpr uint32_t count = 4;

private:
    std::vector<std::unique_ptr<Processor>> _processors;
};

TEST_P(Gates, who_is_exclusive_is_alone) {
    uint64_t of_all = 0; // not atomic: the sanitizer sees who else comes in
    std::array<uint64_t, count> of_each{};
    EXPECT_TRUE(run([&](Processor& self, uint32_t number) {
        for (unsigned i = 0; i < rounds; ++i) {
            if ((i + number) % 3 == 0) {
                Gate::enter_exclusive(self);
                EXPECT_TRUE(self.gate.exclusive());
                ++of_all;
                for (uint64_t& each : of_each)
                    ++each;
            } else {
                Gate::enter_shared(self);
                EXPECT_FALSE(self.gate.exclusive());
                ++of_each[number];
            }
            Gate::leave(self, false);
        }
    }));
    uint64_t sum = 0;
    for (uint64_t const each : of_each)
        sum += each;
    EXPECT_EQ(sum, of_all * count + (uint64_t{count} * rounds - of_all));
}

TEST_P(Gates, who_is_shared_can_become_exclusive) {
    uint64_t of_all = 0;
    EXPECT_TRUE(run([&](Processor& self, uint32_t) {
        for (unsigned i = 0; i < rounds; ++i) {
            Gate::enter_shared(self);
            Gate::become_exclusive(self);
            ++of_all;
            Gate::become_exclusive(self); // which changes nothing
            ++of_all;
            Gate::leave(self, false);
        }
    }));
    EXPECT_EQ(of_all, uint64_t{2} * count * rounds);
}

// Processor 0 takes others out of user mode, and changes what only they use there.
TEST_P(Gates, who_is_interrupted_is_not_in_user_mode) {
    std::array<uint64_t, count> in_user_mode{}; // not atomic
    std::atomic<bool> end{false};
    EXPECT_TRUE(run([&](Processor& self, uint32_t number) {
        for (unsigned i = 0; number == 0 ? i < rounds : !end; ++i) {
            Gate::enter_exclusive(self);
            if (number == 0)
                for (uint32_t other = 1; other < count; ++other) {
                    Gate::interrupt(*all.at(other));
                    EXPECT_FALSE(all.at(other)->gate.in_user_mode());
                    ++in_user_mode[other];
                }
            Gate::leave(self, number != 0);
            if (number == 0)
                continue;
            ++in_user_mode[number];
            user_mode(self, end);
            ++in_user_mode[number];
        }
        if (number == 0)
            end = true;
        // Kicked or not: it is not left in user mode, where somebody might wait for it.
        Gate::enter_shared(self);
        Gate::leave(self, false);
    }));
}

INSTANTIATE_TEST_SUITE_P(Patience, Gates, testing::Values(0u, 100u),
                         [](auto const& looks) { return std::to_string(looks.param); });

} // namespace
} // namespace kernel
