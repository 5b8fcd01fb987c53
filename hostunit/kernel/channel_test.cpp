// SPDX-License-Identifier: MIT
// Channels to other machines: who may, when they end, where they come to.
#include "fakes/platform.hpp"
#include "kernel_test.hpp"
#include <kernel/interrupt.hpp>
#include <kernel/system.hpp>

namespace kernel {
namespace {

using namespace abi;
using fake::platform;

constexpr arch::Machine_number other = 5;

class Channels : public Kernel_test {
protected:
    Channels() : _system{Ref<Quota>{root_quota()}, Boot{}} {
        _system.acquire();
        system =
            root_process().table().add({Ref<Object>{_system}, system_permission::all, 0}).value();
    }
    ~Channels() override {
        EXPECT_TRUE(platform().channels.empty());
        remove(system);
    }

    void remove(uint64_t slot) { call(Call::capability_delete, {slot}); }
    Answer create(uint64_t machine = other) {
        return call(Call::channel_create, {system, machine});
    }
    static arch::Line line_of(Answer const& made) { return static_cast<arch::Line>(made[1]); }

    Slot system;

private:
    System _system;
};

TEST_F(Channels, are_interrupts_by_another_machine) {
    auto const made = create();
    ASSERT_EQ(made.error, Error::none);
    EXPECT_EQ(platform().channels.at(line_of(made)), other);
    Slot const notification = make(Call::notification_create);
    Slot const badged = make(Call::capability_copy, {self_process, notification, 3, 0x40});
    EXPECT_EQ(call(Call::interrupt_bind, {made[0], badged}).error, Error::none);
    interrupt(line_of(made));
    EXPECT_EQ(call(Call::notification_wait, {notification, 0})[0], 0x40u);
    EXPECT_EQ(call(Call::interrupt_raise, {made[0]}).error, Error::none);
    EXPECT_EQ(platform().raised[line_of(made)], 1u);
    remove(made[0]);
    remove(badged);
    remove(notification);
}

TEST_F(Channels, end_with_the_last_capability) {
    auto const made = create();
    Slot const copy = make(Call::capability_copy, {self_process, made[0], all_permissions, 0});
    remove(made[0]);
    EXPECT_EQ(platform().channels.size(), 1u);
    remove(copy);
    EXPECT_TRUE(platform().channels.empty());
}

TEST_F(Channels, other_interrupts_keep_their_line) {
    constexpr arch::Line line = 9;
    Slot const permanent =
        root_process()
            .table()
            .add({Ref<Object>{*kernel::make<Interrupt>(Ref<Quota>{root_quota()}, line).value()},
                  interrupt_permission::all, 0})
            .value();
    remove(permanent); // closing it would fail
    EXPECT_TRUE(platform().masked[line]);
}

TEST_F(Channels, come_to_a_processor_that_takes_threads) {
    start_processors(2);
    processors().refuse(0);
    auto const made = create();
    EXPECT_EQ(platform().routed[line_of(made)], 1u);
    processors().accept(0);
    remove(made[0]);
}

TEST_F(Channels, are_made_by_whoever_may) {
    Slot const weak =
        make(Call::capability_copy, {self_process, system, system_permission::information, 0});
    EXPECT_EQ(call(Call::channel_create, {weak, other}).error, Error::permission_denied);
    EXPECT_EQ(call(Call::channel_create, {self_process, other}).error, Error::wrong_type);
    EXPECT_EQ(call(Call::channel_create, {12345, other}).error, Error::invalid_capability);
    EXPECT_EQ(create(arch::largest_machine + 1).error, Error::invalid_argument);
    remove(weak);
}

TEST_F(Channels, that_cannot_be_leave_nothing) {
    platform().channels_supported = false;
    EXPECT_EQ(create().error, Error::not_supported);
    platform().channels_supported = true;
    platform().most_channels = 1;
    auto const only = create();
    EXPECT_EQ(create().error, Error::table_full);
    remove(only[0]);
    platform().most_channels = 8;
    EXPECT_EQ(object_count(Object_type::interrupt), 0u);
}

TEST_F(Channels, that_lack_a_frame_leave_nothing) {
    Usage const before = usage();
    Answer answer{Error::out_of_memory, {}};
    unsigned allocations = 0;
    while (answer.error == Error::out_of_memory && ++allocations < 10) {
        EXPECT_EQ(usage(), before);
        EXPECT_TRUE(platform().channels.empty());
        platform().maps_until_failure = allocations;
        answer = create();
    }
    platform().maps_until_failure = 0;
    EXPECT_EQ(answer.error, Error::none);
    EXPECT_GT(allocations, 1u);
    remove(answer[0]);
}

TEST_F(Channels, are_paid_by_who_makes_them) {
    uint64_t const used = root_quota().used();
    auto const made = create();
    EXPECT_GT(root_quota().used(), used);
    remove(made[0]);
    EXPECT_EQ(root_quota().used(), used);
}

} // namespace
} // namespace kernel
