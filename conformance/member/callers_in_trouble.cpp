// SPDX-License-Identifier: MIT
// Calls whose callee ends, and hostile claims of where a thread is.
#include "callers.hpp"

#include <lavandin/clock.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/objects.hpp>
#include <lavandin/thread.hpp>
#include <lavandin/thread_pointer.hpp>

namespace member {

namespace {

bool gone(Group_peer const& second) {
    return Add::call(second, 1, 1).error() == Error::peer_died &&
           Group_peer::find("second").error() == Error::peer_died;
}

bool alive(Group_peer const& second) {
    auto const sum = Add::call(second, 2, 2);
    return sum.ok() && sum.value() == 4;
}

void survives_a_fault(Group_peer const& second) {
    CHECK(alive(second));
    CHECK(Fault::call(second).error() == Error::peer_died);
    CHECK(gone(second));
    CHECK(gone(second));
}

struct Control {
    uint32_t mxcsr;
    uint16_t control_word;
    uint64_t flags;
    bool operator==(Control const&) const = default;
};

Control control() {
    Control found{};
    asm volatile("stmxcsr %0; fnstcw %1; pushfq; popq %2"
                 : "=m"(found.mxcsr), "=m"(found.control_word), "=r"(found.flags));
    found.flags &= 1 << 10; // direction
    return found;
}

void gets_its_registers_back(Group_peer const& second) {
    double volatile const three = 3;
    double const third = 1 / three;
    auto const before = control();
    CHECK(Spoil::call(second).error() == Error::peer_died);
    CHECK(control() == before);
    CHECK(1 / three == third);
    long double volatile sum = 0; // on the x87 stack, which must be empty
    for (int i = 1; i <= 20; ++i)
        sum = sum + i;
    CHECK(sum == 210);
}

void survives_an_exit(Group_peer const& second) {
    CHECK(Exit::call(second, 9).error() == Error::peer_died);
    CHECK(gone(second));
}

// The suite kills the callee meanwhile.
void is_told_of_a_kill(Group_peer const& second) {
    CHECK(Wait::call(second, 0).error() == Error::peer_died);
    CHECK(gone(second));
}

void is_told_of_a_kill_while_it_runs(Group_peer const& second) {
    CHECK(Spin::call(second).error() == Error::peer_died);
    CHECK(gone(second));
}

// The last of three ends.
void lives_on_when_the_third_faults(Group_peer const& second) {
    auto const end = Forward::call(second, Fault::index);
    CHECK(end.ok() && static_cast<Error>(end.value()) == Error::peer_died);
    CHECK(alive(second));
    CHECK(Forward::call(second, Fault::index).error() == Error::peer_died); // there is none
    CHECK(alive(second));
}

void lives_on_when_the_third_is_killed(Group_peer const& second) {
    auto const end = Forward::call(second, Wait::index);
    CHECK(end.ok() && static_cast<Error>(end.value()) == Error::peer_died);
    CHECK(alive(second));
}

// The suite kills the one in the middle, then lets the last one go on.
void lives_on_when_the_second_is_killed(Group_peer const& second) {
    CHECK(Forward::call(second, Wait_locked::index).error() == Error::peer_died);
    CHECK(gone(second));
    auto const third = Group_peer::find("third");
    CHECK(third.ok() && Unlocked::call(third.value()).value());
}

// The suite kills this one meanwhile: it must not come back.
void is_killed_inside(Group_peer const& second) {
    static_cast<void>(Wait_locked::call(second, 0));
    while (true)
        static_cast<void>(thread_yield());
}

void finds_the_mutex_free(Group_peer const& second) { CHECK(Unlocked::call(second).value()); }

// Nothing that is written there harms others than this group.
void scribbles(Group_peer const& second) {
    auto& calls = message_buffer().group_calls;
    uint64_t const own = environment().member().raw();
    uint64_t const claims[]{0,
                            own + 1,
                            own - 16,
                            second.identity().raw() + 16,
                            Member_identity{1, 0}.raw(),
                            Member_identity{1, 1}.raw(),
                            ~uint64_t{0}};
    for (uint64_t const depth :
         {uint64_t{1}, uint64_t{5}, uint64_t{15}, uint64_t{16}, uint64_t{1} << 63, ~uint64_t{0}})
        for (uint64_t const claim : claims) {
            for (auto& level : calls.levels)
                level = {claim, ~claim, claim << 7};
            calls.depth = depth;
            auto const found = Process::self().information();
            calls.depth = 0;
            CHECK(found.ok() && found.value().member == own);
        }
    calls.levels[1].member = second.identity().raw();
    calls.depth = 1;
    auto const found = Process::self().information();
    calls.depth = 0;
    CHECK(found.ok() && found.value().member == second.identity().raw());
    CHECK(alive(second));
}

// The callee ends while the places to come back to are nonsense: this thread may be lost, no more.
void loses_its_way(void* argument) {
    auto const& second = *static_cast<Group_peer const*>(argument);
    auto& calls = message_buffer().group_calls;
    calls.levels[0] = {0, 0xffff'8000'0000'0000, 3};
    calls.levels[1] = {second.identity().raw(), 5, ~uint64_t{0}};
    calls.depth = 1;
    static_cast<void>(process_destroy(self_process, 4)); // as the callee
    while (true)
        static_cast<void>(thread_yield());
}

void loses_a_thread(Group_peer const& second) {
    auto peer = second;
    auto thread = Thread::start(loses_its_way, &peer, {.priority = lowest_priority + 2});
    CHECK(thread.ok());
    while (!gone(second))
        sleep_for(millisecond);
    while (Process::self().information().value().threads != 1)
        sleep_for(millisecond);
    static_cast<void>(process_destroy(self_process, 0)); // join() would wait for ever
}

// The suite replaces the callee by another process of that name and number.
void does_not_meet_a_successor(Group_peer const& second) {
    CHECK(alive(second));
    CHECK(Notification::borrow(environment().capability("inside")).signal().ok());
    CHECK(Notification::borrow(environment().capability("go0")).wait().ok());
    CHECK(Add::call(second, 1, 1).error() == Error::peer_died);
    auto const successor = Group_peer::find("second");
    CHECK(successor.ok() && alive(successor.value()));
    CHECK(successor.value().identity().number() == second.identity().number());
}

constexpr Caller callers[] = {
    {"survives_a_fault", survives_a_fault},
    {"gets_its_registers_back", gets_its_registers_back},
    {"survives_an_exit", survives_an_exit},
    {"is_told_of_a_kill", is_told_of_a_kill},
    {"is_told_of_a_kill_while_it_runs", is_told_of_a_kill_while_it_runs},
    {"lives_on_when_the_third_faults", lives_on_when_the_third_faults},
    {"lives_on_when_the_third_is_killed", lives_on_when_the_third_is_killed},
    {"lives_on_when_the_second_is_killed", lives_on_when_the_second_is_killed},
    {"is_killed_inside", is_killed_inside},
    {"finds_the_mutex_free", finds_the_mutex_free},
    {"does_not_meet_a_successor", does_not_meet_a_successor},
    {"scribbles", scribbles},
    {"loses_a_thread", loses_a_thread},
};

} // namespace

std::span<Caller const> callers_in_trouble() { return callers; }

} // namespace member
