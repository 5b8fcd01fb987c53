// SPDX-License-Identifier: MIT
// Calls that go well, and those that are refused.
#include "callers.hpp"

#include <lavandin/environment.hpp>
#include <lavandin/objects.hpp>
#include <lavandin/thread.hpp>

#include <errno.h>
#include <iterator>
#include <stdlib.h>

namespace member {

namespace {

thread_local uint64_t own_variable = 7;

void answers(Group_peer const& second) {
    for (uint64_t i = 0; i < 100; ++i)
        CHECK(Add::call(second, i, 1000).value() == i + 1000);
    auto const six = Reverse::call(second, 1, 2, 3, 4, 5, 6);
    CHECK(six.ok());
    for (uint64_t i = 0; i < 6; ++i)
        CHECK(six.value().word[i] == 6 - i);
    Group_words words;
    CHECK(second.call(1000, words) == Error::not_supported);
    CHECK(second.call(~uint64_t{0}, words) == Error::not_supported);
    CHECK(Group_peer::find("nobody").error() == Error::peer_died);
    CHECK(Group_peer::find("first").error() == Error::peer_died); // takes no calls
}

// Calls that enter no kernel are counted by the kernel.
void counts(Group_peer const& second) {
    constexpr uint64_t calls = 10'000;
    auto const system = System::borrow(environment().capability("system"));
    for (int tries = 0; tries < 50; ++tries) {
        auto const before = system.information();
        uint64_t sum = 0;
        for (uint64_t i = 0; i < calls; ++i)
            sum += Add::call(second, i, 1).value();
        auto const after = system.information();
        CHECK(before.ok() && after.ok() && sum == calls * (calls + 1) / 2);
        // What an interrupt or another processor does is none of the calls'. Without it the figures
        // are exact.
        if (after.value().kernel_entries - before.value().kernel_entries == 1 && // the question
            after.value().system_calls - before.value().system_calls == 1 &&
            after.value().platform_calls - before.value().platform_calls == 1 &&
            after.value().table_switches == before.value().table_switches &&
            after.value().thread_switches == before.value().thread_switches)
            return;
    }
    fail_at(__LINE__); // never so many calls without an entry
}

void is_seen_as_the_callee(Group_peer const& second) {
    CHECK(Identity::call(second).value() == second.identity().raw());
    CHECK(Process::self().information().value().member == environment().member().raw());
}

void keeps_locals_apart(Group_peer const& second) {
    errno = 5;
    for (uint64_t i = 0; i < 3; ++i) {
        auto const found = Use_locals::call(second, 3);
        CHECK(found.ok() && found.value().variable == 40); // anew each time
        CHECK(own_variable == 7);
        CHECK(errno == 5);
    }
    own_variable = 8;
    CHECK(Use_locals::call(second, 1).value().variable == 40);
    CHECK(own_variable == 8);
}

// A thread below those of the suite.
constexpr Thread_options small{.stack_bytes = 16 * 1024, .priority = lowest_priority + 2};

struct Erring {
    int own;
    bool good;
};

// Sets its errno to something else again and again, when the other one does so, too.
void set_errno(void* argument) {
    static int steps; // of both
    constexpr int rounds = 50;
    auto& self = *static_cast<Erring*>(argument);
    self.good = errno == 0; // of its own from the beginning
    for (int round = 1; round <= rounds; ++round) {
        errno = self.own + round;
        __atomic_fetch_add(&steps, 1, __ATOMIC_ACQ_REL);
        while (__atomic_load_n(&steps, __ATOMIC_ACQUIRE) < 2 * round)
            static_cast<void>(thread_yield());
        self.good &= errno == self.own + round;
    }
    self.good &= strtol(self.own == 1000 ? "9e" : "99999999999999999999", nullptr, 10) > 0;
    self.good &= errno == (self.own == 1000 ? self.own + rounds : ERANGE);
}

// In one process; the library sets it for who has called it.
void has_an_errno_per_thread(Group_peer const&) {
    Erring parts[2]{{1000, false}, {2000, false}};
    errno = 77;
    {
        Thread threads[2];
        for (size_t i = 0; i < 2; ++i) {
            auto started = Thread::start(set_errno, &parts[i], small);
            CHECK(started.ok());
            threads[i] = static_cast<Thread&&>(started.value());
        }
    }
    CHECK(parts[0].good && parts[1].good);
    CHECK(errno == 77);
}

struct Allocating {
    Group_peer second;
    bool here;
    bool good;
};

void allocate(void* argument) {
    auto& self = *static_cast<Allocating*>(argument);
    self.good = true;
    for (int i = 0; i < 1500 && self.good; ++i) {
        if (!self.here) {
            self.good = Allocate::call(self.second, 40).value();
            continue;
        }
        void* blocks[40];
        for (auto*& block : blocks)
            block = malloc(static_cast<size_t>(i % 20) * 16 + 8);
        static_cast<void>(thread_yield());
        for (auto* const block : blocks) {
            self.good &= block != nullptr;
            free(block);
        }
    }
}

void allocates_on_both_sides(Group_peer const& second) {
    Allocating parts[4]{{second, false, false},
                        {second, true, false},
                        {second, false, false},
                        {second, true, false}};
    {
        Thread threads[std::size(parts)];
        for (size_t i = 0; i < std::size(parts); ++i) {
            auto started = Thread::start(allocate, &parts[i], small);
            CHECK(started.ok());
            threads[i] = static_cast<Thread&&>(started.value());
        }
    }
    for (auto const& part : parts)
        CHECK(part.good);
}

struct Waiting {
    Group_peer second;
    uint64_t which;
};

void wait_inside(void* argument) {
    auto const& self = *static_cast<Waiting const*>(argument);
    auto const answer = Wait::call(self.second, self.which);
    CHECK(answer.ok() && answer.value() == self.which);
}

// Whoever comes when all stacks are in use is told.
void uses_all_stacks(Group_peer const& second) {
    auto const inside = Notification::borrow(environment().capability("inside"));
    static constexpr char const* names[]{"go0", "go1", "go2"};
    Waiting waiting[usual_stacks]{{second, 0}, {second, 1}, {second, 2}};
    {
        Thread threads[usual_stacks];
        for (size_t i = 0; i < usual_stacks; ++i) {
            CHECK(Add::call(second, 1, 1).ok());
            auto started = Thread::start(wait_inside, &waiting[i], small);
            CHECK(started.ok());
            threads[i] = static_cast<Thread&&>(started.value());
            CHECK(inside.wait().ok());
        }
        CHECK(Add::call(second, 1, 1).error() == Error::busy);
        for (auto const* const name : names)
            CHECK(Notification::borrow(environment().capability(name)).signal().ok());
    }
    CHECK(Add::call(second, 1, 1).value() == 2);
}

// Both sides have eight stacks.
void goes_fifteen_deep(Group_peer const& second) {
    CHECK(serve(8).ok());
    CHECK(serve(8).error() == Error::busy);
    for (int i = 0; i < 3; ++i)
        CHECK(Bounce::call(second, 0).value() == abi::Group_calls::deepest - 1);
    CHECK(Add::call(second, 1, 1).value() == 2);
}

constexpr Caller callers[] = {
    {"answers", answers},
    {"counts", counts},
    {"is_seen_as_the_callee", is_seen_as_the_callee},
    {"keeps_locals_apart", keeps_locals_apart},
    {"has_an_errno_per_thread", has_an_errno_per_thread},
    {"allocates_on_both_sides", allocates_on_both_sides},
    {"uses_all_stacks", uses_all_stacks},
    {"goes_fifteen_deep", goes_fifteen_deep},
};

} // namespace

std::span<Caller const> ordinary_callers() { return callers; }

} // namespace member
