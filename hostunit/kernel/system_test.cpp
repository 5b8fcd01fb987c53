// SPDX-License-Identifier: MIT
// Interrupts, clock, console, log and the machine's end.
#include "kernel_test.hpp"
#include <cstring>
#include <kernel/clock_memory.hpp>
#include <kernel/interrupt.hpp>
#include <kernel/log.hpp>
#include <kernel/system.hpp>

namespace kernel {
namespace {

using namespace abi;

class Machine_calls : public Kernel_test {
protected:
    static constexpr arch::Line line = 9;

    Machine_calls() {
        Ref<Quota> const quota{root_quota()};
        Boot boot{};
        boot.total_frames = 4096;
        interrupt_slot =
            add(*kernel::make<Interrupt>(quota, line).value(), interrupt_permission::all);
        // System stays for ever, so it is this test's and not the slab's.
        system = std::make_unique<System>(quota, boot);
        system->acquire();
        system_slot = add(*system, system_permission::all);
    }

    ~Machine_calls() override {
        system->unbind_log();
        EXPECT_TRUE(root_process().table().remove(system_slot).ok());
    }

    Slot add(Object& object, Permissions permissions) {
        return root_process().table().add({Ref<Object>{object}, permissions, 0}).value();
    }

    std::string buffer(uint64_t bytes) {
        return {reinterpret_cast<char const*>(current()->buffer().words), bytes};
    }

    // All of the log from `position` on.
    std::string read_log(uint64_t& position) {
        std::string text;
        for (;;) {
            Answer const answer = call(Call::log_read, {system_slot, position});
            EXPECT_EQ(answer.error, Error::none);
            text += buffer(answer[1]);
            position = answer[0];
            if (answer[1] == 0)
                return text;
        }
    }

    std::unique_ptr<System> system;
    Slot interrupt_slot, system_slot;
};

class Interrupts : public Machine_calls {};

TEST_F(Interrupts, one_that_is_bound_sets_the_badges_bits) {
    Slot const notification = make(Call::notification_create);
    Slot const badged = make(Call::capability_copy, {self_process, notification, 3, 0x40});
    EXPECT_EQ(call(Call::interrupt_bind, {interrupt_slot, badged}).error, Error::none);
    EXPECT_FALSE(fake::platform().masked[line]);
    interrupt(line);
    EXPECT_TRUE(fake::platform().masked[line]);
    EXPECT_EQ(call(Call::notification_wait, {notification, 0})[0], 0x40u);
    EXPECT_EQ(call(Call::interrupt_acknowledge, {interrupt_slot}).error, Error::none);
    EXPECT_FALSE(fake::platform().masked[line]);
}

TEST_F(Interrupts, it_wakes_the_machine_from_idle) {
    Slot const notification = make(Call::notification_create);
    call(Call::interrupt_bind, {interrupt_slot, notification});
    call(Call::notification_wait, {notification, forever});
    EXPECT_TRUE(idle());
    interrupt(line);
    EXPECT_EQ(current(), &root());
    EXPECT_EQ(answer_of(root())[0], 1u);
}

TEST_F(Interrupts, unbinding_masks_and_frees_the_notification) {
    Slot const notification = make(Call::notification_create);
    call(Call::interrupt_bind, {interrupt_slot, notification});
    call(Call::capability_delete, {notification});
    EXPECT_EQ(object_count(Object_type::notification), 1u);
    EXPECT_EQ(call(Call::interrupt_bind, {interrupt_slot, 0}).error, Error::none);
    EXPECT_EQ(object_count(Object_type::notification), 0u);
    EXPECT_TRUE(fake::platform().masked[line]);
    interrupt(line);
}

TEST_F(Interrupts, one_without_an_owner_is_left_masked) {
    call(Call::capability_delete, {interrupt_slot});
    EXPECT_EQ(object_count(Object_type::interrupt), 0u);
    EXPECT_TRUE(fake::platform().masked[line]);
    interrupt(line);
    interrupt(1234);
    EXPECT_TRUE(fake::platform().masked[1234]);
}

TEST_F(Interrupts, raising_tells_the_other_side) {
    EXPECT_EQ(call(Call::interrupt_raise, {interrupt_slot}).error, Error::none);
    EXPECT_EQ(fake::platform().raised[line], 1u);
    EXPECT_EQ(call(Call::interrupt_raise, {system_slot}).error, Error::wrong_type);
}

class Logs : public Machine_calls {};

TEST_F(Logs, formats_numbers_and_texts) {
    uint64_t position = ~uint64_t{0};
    read_log(position); // to the end
    log("{} is {x}, {} and {}", "ten", 0xau, ~uint64_t{0}, 0u);
    log("{} {} left", 1u);
    log("no value {}");
    EXPECT_EQ(read_log(position), "ten is a, 18446744073709551615 and 0\n1 {} left\nno value {}\n");
}

TEST_F(Logs, a_line_too_long_is_cut_but_still_ends) {
    uint64_t position = ~uint64_t{0};
    read_log(position);
    std::string const text(1000, 'x');
    log("{}", text.c_str());
    log("next");
    std::string const found = read_log(position);
    EXPECT_LT(found.size(), 400u);
    EXPECT_NE(found.find("x\nnext\n"), std::string::npos) << found;
}

TEST_F(Logs, text_that_was_overwritten_is_skipped) {
    uint64_t position = 0;
    for (unsigned i = 0; i < 5000; ++i)
        log("line {}", i);
    std::string const text = read_log(position);
    EXPECT_LE(text.size(), 64u * 1024);
    EXPECT_EQ(text.substr(text.size() - 10), "line 4999\n");
    uint64_t beyond = position + 5000;
    EXPECT_EQ(read_log(beyond), "");
    EXPECT_EQ(beyond, position);
}

TEST_F(Logs, a_reader_is_told_and_takes_over_from_the_console) {
    Slot const notification = make(Call::notification_create);
    EXPECT_EQ(call(Call::log_bind, {system_slot, notification}).error, Error::none);
    fake::platform().console.clear();
    log("hello");
    EXPECT_EQ(fake::platform().console, "");
    EXPECT_EQ(call(Call::notification_wait, {notification, 0})[0], 1u);
    EXPECT_EQ(call(Call::log_bind, {system_slot, 0}).error, Error::none);
    log("again");
    EXPECT_EQ(fake::platform().console, "again\n");
    EXPECT_EQ(call(Call::notification_wait, {notification, 0}).error, Error::timed_out);
}

class Consoles : public Machine_calls {};

TEST_F(Consoles, text_goes_out_and_comes_in) {
    std::memcpy(current()->buffer().words, "hello", 5);
    EXPECT_EQ(call(Call::console_write, {system_slot, 5}).error, Error::none);
    EXPECT_EQ(fake::platform().console, "hello");
    fake::platform().typed = "keys";
    Answer const answer = call(Call::console_read, {system_slot});
    EXPECT_EQ(answer[0], 4u);
    EXPECT_EQ(buffer(4), "keys");
    EXPECT_EQ(call(Call::console_read, {system_slot})[0], 0u);
}

TEST_F(Consoles, sizes_are_checked) {
    EXPECT_EQ(call(Call::console_write, {system_slot, 2048}).error, Error::none);
    EXPECT_EQ(call(Call::console_write, {system_slot, 2049}).error, Error::invalid_argument);
    EXPECT_EQ(call(Call::console_write, {system_slot, ~uint64_t{0}}).error,
              Error::invalid_argument);
}

TEST_F(Consoles, a_platform_with_a_ring_has_none) {
    fake::platform().has_console = false;
    EXPECT_EQ(call(Call::console_write, {system_slot, 1}).error, Error::not_supported);
    EXPECT_EQ(call(Call::console_read, {system_slot}).error, Error::not_supported);
}

class Systems : public Machine_calls {};

TEST_F(Systems, each_permission_opens_its_calls_only) {
    auto const may = [this](Permissions permission, Call number) {
        Slot const slot = make(Call::capability_copy, {self_process, system_slot, permission, 0});
        Error const error = call(number, {slot, 0}).error;
        call(Call::capability_delete, {slot});
        return error != Error::permission_denied;
    };
    for (Permissions const permission :
         {system_permission::log, system_permission::console, system_permission::information}) {
        EXPECT_EQ(may(permission, Call::log_read), permission == system_permission::log);
        EXPECT_EQ(may(permission, Call::log_bind), permission == system_permission::log);
        EXPECT_EQ(may(permission, Call::console_write), permission == system_permission::console);
        EXPECT_EQ(may(permission, Call::console_read), permission == system_permission::console);
        EXPECT_EQ(may(permission, Call::system_information),
                  permission == system_permission::information);
        EXPECT_FALSE(may(permission, Call::system_shutdown));
    }
}

TEST_F(Systems, information_counts_what_there_is) {
    EXPECT_EQ(call(Call::system_information, {system_slot}).error, Error::none);
    System_information found;
    std::memcpy(&found, current()->buffer().words, sizeof found);
    EXPECT_EQ(found.total_frames, 4096u);
    EXPECT_EQ(found.free_frames, frame_pool().free());
    EXPECT_EQ(found.objects[static_cast<unsigned>(Object_type::thread)], 1u);
    EXPECT_GT(found.page_tables, 0u);
}

TEST_F(Systems, shutdown_tells_the_platform) {
    EXPECT_EQ(call(Call::system_shutdown, {system_slot, 3}).error, Error::invalid_argument);
    EXPECT_THROW(call(Call::system_shutdown, {system_slot, 1}), fake::Ended);
}

TEST_F(Systems, the_clock_tells_time_and_wall_time) {
    Answer const answer = call(Call::clock_read);
    EXPECT_EQ(answer[0], fake::platform().now);
    EXPECT_EQ(answer[1], 5'000'000'000u);
}

TEST_F(Systems, the_clock_page_is_one_memory_for_reading) {
    Slot const page = make(Call::clock_page);
    auto const capability = root_process().table().find(page).value();
    EXPECT_EQ(capability.object.get(), &clock_memory());
    EXPECT_EQ(capability.permissions, memory_permission::read);
    EXPECT_EQ(call(Call::memory_map, {self_process, page, 0x400000, 0, 4096, 3}).error,
              Error::permission_denied);
    EXPECT_EQ(call(Call::memory_map, {self_process, page, 0x400000, 0, 4096, 1}).error,
              Error::none);
    EXPECT_EQ(clock_memory().frame(0), fake::clock_frame);
    EXPECT_EQ(call(Call::capability_delete, {page}).error, Error::none); // the mapping stays
    EXPECT_EQ(call(Call::memory_unmap, {self_process, 0x400000, 4096}).error, Error::none);
}

// Until the table has to grow, which needs a page.
TEST_F(Systems, the_clock_page_when_no_frame_is_left) {
    Error error = Error::none;
    unsigned given = 0;
    while (error == Error::none && given < 1000) {
        fake::platform().maps_until_failure = 1;
        error = call(Call::clock_page).error;
        given += error == Error::none;
    }
    fake::platform().maps_until_failure = 0;
    EXPECT_EQ(error, Error::out_of_memory);
    EXPECT_GT(given, 0u);
    EXPECT_EQ(call(Call::clock_page).error, Error::none);
}

// A thread that runs elsewhere is told so before its first instruction there; one that is moved
// there and back is not where it was.
TEST_F(Systems, threads_are_told_where_they_run) {
    start_processors(4);
    EXPECT_EQ(call(Call::thread_set_affinity, {0, set_of(0)}).error, Error::none);
    Child const child = spawn();
    auto const placement = [&] { return Placement{child.thread->buffer().placement}; };
    auto const move = [&](uint32_t to) {
        on(0);
        run(root());
        ASSERT_EQ(call(Call::thread_set_affinity, {child.thread_slot, uint64_t{1} << to}).error,
                  Error::none);
        take_kicks();
        on(to);
        run(*child.thread);
    };
    move(0);
    EXPECT_EQ(placement().processor(), 0u);
    uint64_t const first = placement().raw();
    move(3);
    EXPECT_EQ(placement().processor(), 3u);
    uint64_t const there = placement().raw();
    EXPECT_NE(there, 3u);
    child.thread->buffer().placement = 77; // what user code makes of it is its own affair
    call(Call::thread_yield);
    run(*child.thread);
    EXPECT_EQ(placement().raw(), 77u); // not moved: nothing to tell
    move(0);
    EXPECT_EQ(placement().processor(), 0u);
    EXPECT_EQ(placement().raw(), Placement{there}.moved_to(0).raw());
    EXPECT_NE(placement().raw(), first);
}

} // namespace
} // namespace kernel
