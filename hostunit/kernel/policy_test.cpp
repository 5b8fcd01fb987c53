// SPDX-License-Identifier: MIT
// Loading, installing and replacing modules by system calls; classes of threads.
#include "fakes/machine.hpp"
#include "kernel_test.hpp"
#include <fstream>
#include <kernel/memory.hpp>
#include <kernel/policy_places.hpp>
#include <kernel/system.hpp>

namespace kernel {
namespace {

using namespace abi;

std::string read_file(std::string const& name) {
    std::ifstream file{std::string{POLICIES} + "/" + name, std::ios::binary};
    EXPECT_TRUE(file) << name;
    return {std::istreambuf_iterator<char>{file}, {}};
}

constexpr uint64_t everything = system_permission::all;
constexpr uint64_t free_class = first_free_class;

class Policies : public Kernel_test {
protected:
    Policies() : _system{std::make_unique<System>(Ref<Quota>{root_quota()}, Boot{})} {
        _system->acquire();
        system = system_with(everything);
    }
    ~Policies() override {
        for (uint64_t place = 0; place < policy_places; ++place)
            exclusively([&] { EXPECT_EQ(policies::install(place, {}, 0).error(), Error::none); });
        end_processes();
        EXPECT_EQ(fake::machine().module_pages(), 0u);
        EXPECT_EQ(_system->references(), 1u);
    }

    Slot system_with(uint64_t permissions) {
        return root_process()
            .table()
            .add({Ref<Object>{*_system}, static_cast<Permissions>(permissions), 0})
            .value();
    }

    // A memory with these bytes.
    Slot memory_of(std::string const& bytes) {
        uint64_t const size = pages(bytes.size()) * page_size;
        Slot const slot = make(Call::memory_create, {size ? size : page_size});
        auto const memory = root_process().table().find<Memory>(slot, 0).value();
        for (uint64_t at = 0; at < bytes.size(); at += page_size)
            bytes.copy(fake::machine().contents(memory->frame(at / page_size)), page_size, at);
        return slot;
    }
    Answer load_bytes(std::string const& bytes) {
        return call(Call::policy_load, {system, memory_of(bytes), 0, bytes.size()});
    }
    Slot load(std::string const& name) {
        Answer const answer = load_bytes(read_file(name));
        EXPECT_EQ(answer.error, Error::none);
        return answer.slot();
    }
    Error install(Slot policy, uint64_t place, uint64_t share = 0) {
        return call(Call::policy_install, {system, policy, place, share}).error;
    }
    Policy_information place(uint64_t number) {
        EXPECT_EQ(call(Call::policy_place_information, {system, number}).error, Error::none);
        return reinterpret_cast<Policy_information&>(current()->buffer().words);
    }
    Time now() const { return fake::platform().now; }
    Error set_class(Slot thread, uint64_t number, uint64_t parameter) {
        return call(Call::thread_set_class, {thread, system, number, parameter}).error;
    }

    Slot system;
    std::unique_ptr<System> _system;
};

TEST_F(Policies, a_loaded_module_serves_a_class_and_gives_way) {
    Slot const policy = load("deadlines");
    EXPECT_STREQ(place(free_class).name, "share");
    EXPECT_EQ(place(free_class).built_in, 1u);
    EXPECT_EQ(install(policy, free_class), Error::none);
    Policy_information const now = place(free_class);
    EXPECT_STREQ(now.name, "deadlines");
    EXPECT_EQ(now.built_in, 0u);
    EXPECT_EQ(now.least_parameter, shortest_slice);
    EXPECT_EQ(install(0, free_class), Error::none);
    EXPECT_STREQ(place(free_class).name, "share");
}

TEST_F(Policies, threads_run_by_the_module_of_their_class) {
    Child const a = spawn();
    Child const b = spawn();
    Slot const policy = load("deadlines");
    EXPECT_EQ(install(policy, free_class), Error::none);
    EXPECT_EQ(set_class(a.thread_slot, free_class, 1'000'000'000), Error::none);
    EXPECT_EQ(set_class(b.thread_slot, free_class, 1'000'000), Error::none);
    EXPECT_EQ(place(free_class).ready, 2u);
    call(Call::thread_sleep, {forever});
    EXPECT_EQ(current(), b.thread.get()) << "its deadline is nearer";
    call(Call::thread_sleep, {forever});
    EXPECT_EQ(current(), a.thread.get());
}

TEST_F(Policies, code_stays_while_it_serves_and_goes_with_the_last) {
    Slot const policy = load("deadlines");
    uint64_t const mapped = fake::machine().module_pages();
    EXPECT_GE(mapped, 2u);
    EXPECT_EQ(install(policy, free_class), Error::none);
    EXPECT_EQ(call(Call::capability_delete, {policy}).error, Error::none);
    EXPECT_EQ(fake::machine().module_pages(), mapped);
    Child const child = spawn();
    EXPECT_EQ(set_class(child.thread_slot, free_class, 1'000'000'000), Error::none);
    EXPECT_EQ(install(0, free_class), Error::none);
    EXPECT_EQ(fake::machine().module_pages(), 0u);
    run(root());
}

TEST_F(Policies, the_quota_of_the_loader_pays) {
    std::string const file = read_file("deadlines");
    Slot const memory = memory_of(file);
    uint64_t const before = root_process().quota().used();
    Slot const policy = make(Call::policy_load, {system, memory, 0, file.size()});
    uint64_t const paid = root_process().quota().used() - before;
    EXPECT_GE(paid, 3 * page_size) << "constants, code, states";
    EXPECT_LE(paid, 5 * page_size);
    EXPECT_EQ(call(Call::capability_delete, {policy}).error, Error::none);
    EXPECT_EQ(root_process().quota().used(), before);
}

TEST_F(Policies, a_load_that_fails_changes_nothing) {
    std::string const good = read_file("deadlines");
    Slot const memory = memory_of(good);
    std::string bad = good;
    bad[18] ^= 1; // the machine
    Slot const bad_memory = memory_of(bad);
    uint64_t const before = root_process().quota().used();
    EXPECT_EQ(call(Call::policy_load, {system, bad_memory, 0, bad.size()}).error,
              Error::invalid_argument);
    EXPECT_EQ(call(Call::policy_load, {system, memory, 0, good.size() - 1500}).error,
              Error::invalid_argument);
    EXPECT_EQ(call(Call::policy_load, {system, memory, 0, 0}).error, Error::invalid_argument);
    EXPECT_EQ(call(Call::policy_load, {system, memory, 1, 100}).error, Error::invalid_argument);
    EXPECT_EQ(call(Call::policy_load, {system, memory, page_size, good.size()}).error,
              Error::invalid_argument);
    EXPECT_EQ(call(Call::policy_load, {system, memory, ~uint64_t{0} - 4095, 4096}).error,
              Error::invalid_argument);
    EXPECT_EQ(call(Call::policy_load, {system, memory, 0, ~uint64_t{0}}).error,
              Error::invalid_argument);
    EXPECT_EQ(root_process().quota().used(), before);
    EXPECT_EQ(fake::machine().module_pages(), 0u);
}

TEST_F(Policies, a_load_that_meets_any_shortage_changes_nothing) {
    std::string const file = read_file("deadlines");
    Slot const memory = memory_of(file);
    std::vector<Pfn> held; // empty page tables among them
    for (auto frame = frame_pool().take_for_user(); frame.ok();
         frame = frame_pool().take_for_user())
        held.push_back(frame.value());
    for (unsigned spare = 0; spare < 8; ++spare) {
        Answer const answer = call(Call::policy_load, {system, memory, 0, file.size()});
        if (answer.error == Error::none) {
            EXPECT_GE(spare, 3u);
            EXPECT_EQ(call(Call::capability_delete, {answer.slot()}).error, Error::none);
            break;
        }
        EXPECT_EQ(answer.error, Error::out_of_memory);
        EXPECT_EQ(frame_pool().free(), spare);
        frame_pool().give(held.back());
        held.pop_back();
    }
    for (Pfn const frame : held)
        frame_pool().give(frame);
}

TEST_F(Policies, addresses_for_modules_run_out) {
    std::string const file = read_file("deadlines");
    Slot const memory = memory_of(file);
    std::vector<Slot> loaded;
    Answer answer;
    while ((answer = call(Call::policy_load, {system, memory, 0, file.size()})).error ==
           Error::none)
        loaded.push_back(answer.slot());
    EXPECT_TRUE(answer.error == Error::out_of_memory || answer.error == Error::quota_exceeded);
    EXPECT_GT(loaded.size(), 20u);
    for (Slot const slot : loaded)
        EXPECT_EQ(call(Call::capability_delete, {slot}).error, Error::none);
    EXPECT_EQ(call(Call::policy_load, {system, memory, 0, file.size()}).error, Error::none);
}

TEST_F(Policies, authority_is_wanted) {
    Slot const policy = load("deadlines");
    Slot const weak = system_with(everything ^ system_permission::policies);
    Slot const lame = system_with(everything ^ system_permission::schedule);
    Slot const memory = memory_of("x");
    Slot const deaf = make(Call::capability_copy, {1, policy, policy_permission::read, 0});
    EXPECT_EQ(call(Call::policy_load, {weak, memory, 0, 1}).error, Error::permission_denied);
    EXPECT_EQ(call(Call::policy_install, {weak, policy, 2, 0}).error, Error::permission_denied);
    EXPECT_EQ(install(deaf, free_class), Error::permission_denied);
    EXPECT_EQ(call(Call::policy_information, {deaf}).error, Error::none);
    Slot const mute = make(Call::capability_copy, {1, policy, policy_permission::install, 0});
    EXPECT_EQ(call(Call::policy_information, {mute}).error, Error::permission_denied);
    EXPECT_EQ(call(Call::thread_set_class, {0, lame, share_class, usual_weight}).error,
              Error::permission_denied);
    EXPECT_EQ(call(Call::thread_set_class, {0, 0, share_class, usual_weight}).error,
              Error::permission_denied);
    EXPECT_EQ(call(Call::thread_set_class, {0, 0, fixed_priority_class, default_priority}).error,
              Error::none);
    EXPECT_EQ(
        call(Call::thread_set_class, {0, 0, fixed_priority_class, default_priority + 1}).error,
        Error::permission_denied);
}

TEST_F(Policies, places_want_what_fits) {
    Slot const scheduler = load("deadlines");
    Slot const coordinator = load("by-share");
    EXPECT_EQ(install(scheduler, policy_places), Error::invalid_argument);
    EXPECT_EQ(install(scheduler, ~uint64_t{0}), Error::invalid_argument);
    EXPECT_EQ(install(scheduler, coordinator_place), Error::invalid_argument);
    EXPECT_EQ(install(coordinator, share_class), Error::invalid_argument);
    EXPECT_EQ(install(scheduler, free_class, 26), Error::invalid_argument) << "of 25 left";
    EXPECT_EQ(install(scheduler, free_class, 25), Error::none);
    EXPECT_EQ(install(scheduler, free_class), Error::none) << "again, at the same place";
    EXPECT_EQ(install(scheduler, share_class), Error::busy);
    EXPECT_EQ(install(coordinator, coordinator_place), Error::none);
    EXPECT_STREQ(place(coordinator_place).name, "by-share");
}

TEST_F(Policies, a_retired_module_is_told_of_and_not_installed_again) {
    Slot const liar = load("liar");
    EXPECT_EQ(install(liar, free_class), Error::none);
    Child const a = spawn();
    Child const b = spawn();
    EXPECT_EQ(set_class(a.thread_slot, free_class, 0), Error::none);
    EXPECT_EQ(set_class(b.thread_slot, free_class, 2), Error::none);
    call(Call::thread_sleep, {now() + 1'000'000});
    EXPECT_NE(current(), &root());
    advance(1'000'000);
    EXPECT_EQ(current(), &root()) << "a class in front of others";
    EXPECT_NE(fake::platform().console.find(
                  "scheduling: module liar is retired: it picked what is no ready thread"),
              std::string::npos);
    Policy_information const now_there = place(free_class);
    EXPECT_STREQ(now_there.name, "share");
    EXPECT_EQ(now_there.violation, static_cast<uint64_t>(Policy_violation::picked_stranger));
    EXPECT_EQ(now_there.ready, 2u);
    EXPECT_EQ(install(liar, share_class), Error::not_supported);
    EXPECT_EQ(install(0, free_class), Error::none);
}

// The processor that is to tell of it has not come into the kernel since.
TEST_F(Policies, a_retired_module_that_is_unloaded_before_it_is_told_of) {
    start_processors(2);
    Slot const liar = load("liar");
    EXPECT_EQ(install(liar, free_class), Error::none);
    auto const spawn_there = [&] {
        on(0);
        Child const child = spawn();
        EXPECT_EQ(call(Call::thread_set_affinity, {child.thread_slot, set_of(1)}).error,
                  Error::none);
        EXPECT_EQ(set_class(child.thread_slot, free_class, 0), Error::none);
        take_kicks();
        return child;
    };
    Child const wakes = spawn_there();
    on(1);
    call(Call::thread_sleep, {forever});
    Child const runs = spawn_there();
    on(0);
    ASSERT_EQ(current_on(1), runs.thread.get());
    EXPECT_EQ(set_class(wakes.thread_slot, free_class, 4), Error::none); // neither yes nor no
    exclusively([&] {
        wakes.thread->cancel(Error::none);
        make_ready(*wakes.thread);
    });
    EXPECT_EQ(place(free_class).violation,
              static_cast<uint64_t>(Policy_violation::answer_not_boolean));
    EXPECT_EQ(install(0, free_class), Error::none);
    EXPECT_EQ(call(Call::capability_delete, {liar}).error, Error::none);
    EXPECT_EQ(fake::machine().module_pages(), 0u);
    take_kicks();
    on(0);
    EXPECT_NE(fake::platform().console.find("scheduling: module liar is retired"),
              std::string::npos);
    EXPECT_EQ(place(free_class).retirements, 1u);
}

TEST_F(Policies, new_threads_inherit_class_and_parameter) {
    EXPECT_EQ(set_class(0, share_class, 300), Error::none);
    Child const child = spawn();
    EXPECT_EQ(child.thread->own_class(), share_class);
    EXPECT_EQ(child.thread->parameter(), 300u);
    EXPECT_EQ(child.thread->base_priority(), default_priority);
    run(root());
    Answer const answer = call(Call::thread_class, {child.thread_slot});
    EXPECT_EQ(answer.words[0], share_class);
    EXPECT_EQ(answer.words[1], 300u);
    // More than its own weight it may not give; its priority it still may.
    EXPECT_EQ(call(Call::thread_set_class, {child.thread_slot, 0, share_class, 301}).error,
              Error::permission_denied);
    EXPECT_EQ(call(Call::thread_set_class, {child.thread_slot, 0, share_class, 299}).error,
              Error::none);
    run(root());
    EXPECT_EQ(call(Call::thread_set_class, {child.thread_slot, 0, fixed_priority_class, 1}).error,
              Error::permission_denied);
    EXPECT_EQ(set_class(child.thread_slot, fixed_priority_class, default_priority), Error::none);
    EXPECT_EQ(current(), child.thread.get()) << "its class goes before root's";
}

TEST_F(Policies, parameters_have_ranges) {
    EXPECT_EQ(set_class(0, scheduling_classes, 1), Error::invalid_argument);
    EXPECT_EQ(set_class(0, ~uint64_t{0}, 1), Error::invalid_argument);
    EXPECT_EQ(set_class(0, fixed_priority_class, 32), Error::invalid_argument);
    EXPECT_EQ(set_class(0, share_class, 0), Error::invalid_argument);
    EXPECT_EQ(set_class(0, share_class, greatest_weight + 1), Error::invalid_argument);
    EXPECT_EQ(set_class(0, share_class, greatest_weight), Error::none);
}

// A call crosses classes: while the server of another class serves, it runs where its caller would.
TEST_F(Policies, priorities_are_lent_across_classes) {
    Child const server = spawn();
    Slot const endpoint = make(Call::endpoint_create);
    Slot const in_server = give(server, endpoint);
    run(*server.thread);
    Slot const reply = make(Call::reply_create);
    call(Call::endpoint_receive, {in_server, reply, forever});
    run(root());
    EXPECT_EQ(set_class(server.thread_slot, share_class, 1), Error::none);
    EXPECT_EQ(server.thread->scheduling_class(), share_class);
    Child const rival = spawn(child_bytes, default_priority - 1);
    EXPECT_EQ(rival.thread->wait, Wait::ready);
    call(Call::endpoint_call, {endpoint, 0, 0, 0, 0, 0});
    EXPECT_EQ(current(), server.thread.get());
    EXPECT_EQ(server.thread->scheduling_class(), fixed_priority_class);
    EXPECT_EQ(server.thread->priority(), default_priority);
    // Not even a yield lets the lower one in.
    call(Call::thread_yield);
    EXPECT_EQ(current(), server.thread.get());
    call(Call::endpoint_reply, {reply, 0, 0, 0, 0, 0});
    EXPECT_EQ(server.thread->scheduling_class(), share_class);
    EXPECT_EQ(current(), &root());
}

TEST_F(Policies, a_thread_without_priority_lends_none) {
    Child const server = spawn(child_bytes, 3);
    Slot const endpoint = make(Call::endpoint_create);
    Slot const in_server = give(server, endpoint);
    call(Call::thread_set_priority, {0, 3});
    run(*server.thread);
    Slot const reply = make(Call::reply_create);
    call(Call::endpoint_receive, {in_server, reply, forever});
    EXPECT_EQ(current(), &root());
    EXPECT_EQ(set_class(0, share_class, 5000), Error::none);
    call(Call::endpoint_call, {endpoint, 0, 0, 0, 0, 0});
    EXPECT_EQ(current(), server.thread.get());
    EXPECT_EQ(server.thread->priority(), 3u) << "its own";
}

TEST_F(Policies, a_thousand_replacements_while_threads_come_and_go) {
    Slot const policies[]{load("deadlines"), load("share"), load("fixed-priority"), 0};
    Child const process = spawn();
    std::vector<Child> threads;
    for (uint64_t i = 0; i < 6; ++i) {
        threads.push_back(spawn_thread(process, i + 1));
        EXPECT_EQ(set_class(threads.back().thread_slot, free_class, 200), Error::none);
    }
    uint64_t const before = frame_pool().free();
    for (unsigned round = 0; round < 1000; ++round) {
        ASSERT_EQ(install(policies[round % 4], free_class), Error::none);
        call(Call::thread_sleep, {now() + 5'000'000});
        ASSERT_NE(current(), &root());
        if (round % 3 == 0 && current() != process.thread.get())
            call(Call::thread_sleep, {now() + 2'000'000});
        while (current() != &root())
            advance(1'000'000);
    }
    EXPECT_GE(place(free_class).installations, 1000u);
    EXPECT_EQ(place(free_class).retirements, 0u);
    for (Child const& each : threads)
        EXPECT_GT(each.thread->account->time[static_cast<uint64_t>(abi::Thread_phase::running)],
                  0u);
    EXPECT_EQ(frame_pool().free(), before);
}

} // namespace
} // namespace kernel
