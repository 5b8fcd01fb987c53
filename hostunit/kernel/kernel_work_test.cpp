// SPDX-License-Identifier: MIT
// Long operations are stopped at each of their preemption points, by a thread of higher priority
// that does something which concerns them. Whatever it does, they end well, and nothing is left.
#include "fakes/grants.hpp"
#include "kernel_test.hpp"
#include <functional>
#include <kernel/grant.hpp>
#include <kernel/system.hpp>

namespace kernel {
namespace {

using namespace abi;

constexpr uint64_t address = 0x4000'0000 - 3 * page_size; // a level-2 table ends behind 3 pages
constexpr uint64_t pages = 100;
constexpr uint64_t bytes = pages * page_size;
constexpr uint64_t many_pages = 300;
constexpr uint64_t read_write = memory_permission::read | memory_permission::write;
constexpr uint64_t worker_bytes = 3 * 1024 * 1024;
constexpr unsigned low = 8;

class Leftovers_of_nobody : public Kernel_test {};

struct Three_steps final : Leftover {
    void take_apart() override {
        if (++steps == 3)
            unlink();
    }
    int steps{0};
};

// A processor that always has somebody to run would else never come to them.
TEST_F(Leftovers_of_nobody, are_taken_apart_by_who_runs_next) {
    call(Call::thread_sleep, {forever});
    ASSERT_TRUE(idle());
    Three_steps leftover;
    exclusively([&] {
        this_processor().leave_behind(leftover);
        root().cancel(Error::none);
        make_ready(root());
    });
    EXPECT_EQ(current(), &root());
    EXPECT_EQ(leftover.steps, 3);
}

TEST_F(Leftovers_of_nobody, are_taken_apart_by_an_idle_processor) {
    call(Call::thread_sleep, {forever});
    Three_steps leftover;
    exclusively([&] { this_processor().leave_behind(leftover); });
    EXPECT_TRUE(idle());
    EXPECT_EQ(leftover.steps, 3);
    exclusively([&] {
        root().cancel(Error::none);
        make_ready(root());
    });
}

class Kernel_works : public Kernel_test {
protected:
    // Of low priority; holds a region, and what else a test gives it.
    struct Worker : Child {
        Slot memory{0}; // ours
        Slot theirs{0};
    };

    Kernel_works() : wake{make(Call::notification_create)} {}

    Worker start_worker() {
        Worker worker{spawn(worker_bytes, low), 0, 0};
        worker.memory = make(Call::memory_create, {bytes});
        worker.theirs = give(worker, worker.memory);
        return worker;
    }
    void end_worker(Worker& worker) {
        EXPECT_EQ(call(Call::process_destroy, {worker.slot, 0}).error, Error::none);
        for (Slot const slot : {worker.slot, worker.thread_slot, worker.memory})
            if (slot) {
                EXPECT_EQ(call(Call::capability_delete, {slot}).error, Error::none);
            }
        worker = {};
        forget();
    }

    Notification& bell() { return *root_process().table().find<Notification>(wake, 0).value(); }
    // The root thread rests until somebody wakes it.
    void rest() { call(Call::notification_wait, {wake, forever}); }
    void come_back() {
        fake::platform().between_steps = {};
        if (current() != &root())
            exclusively([this] { bell().signal(1); });
        ASSERT_EQ(current(), &root());
    }

    // The root thread wakes at that preemption point from now on.
    void interrupt_at(unsigned point) {
        fake::platform().between_steps = [this, point, seen = 0u]() mutable {
            if (++seen == point)
                bell().signal(1);
        };
    }

    // What the worker does, and what the root thread does meanwhile.
    struct Operation {
        std::function<void(Worker&)> prepare;
        std::function<void(Worker&)> begin;
    };
    using Disturbance = std::function<void(Worker&)>;

    // One worker's whole life. False when its operation was over before that point.
    bool once(Operation const& operation, Disturbance const& disturb, unsigned point) {
        Worker worker = start_worker();
        operation.prepare(worker);
        rest();
        EXPECT_EQ(current(), worker.thread.get());
        interrupt_at(point);
        operation.begin(worker);
        bool const interrupted = current() == &root();
        if (interrupted) {
            disturb(worker);
            rest();
        }
        come_back();
        end_worker(worker);
        return interrupted;
    }

    void at_each_point(Operation const& operation, Disturbance const& disturb) {
        once(operation, disturb, 1); // page tables and slots of the root process come to be
        once(operation, disturb, 1000);
        unsigned point = 1;
        for (bool interrupted = true; interrupted; ++point) {
            Usage const before = usage();
            interrupted = once(operation, disturb, point);
            EXPECT_EQ(usage(), before);
            if (HasFailure())
                FAIL() << "disturbed at preemption point " << point;
            ASSERT_LT(point, 1000u) << "it does not end";
        }
        EXPECT_GT(point, 3u) << "there was nothing to disturb";
    }

    // As the worker's thread, before the root thread rests.
    void as(Worker& worker, std::function<void()> const& work) {
        rest();
        EXPECT_EQ(current(), worker.thread.get());
        work();
        come_back();
    }

    Slot wake;
};

// Operations.

struct Named_operation {
    char const* name;
    abi::System_call number;
};

class Disturbed : public Kernel_works, public testing::WithParamInterface<Named_operation> {
protected:
    Disturbed() : _system{Ref<Quota>{root_quota()}, Boot{}} {
        _system.acquire();
        system =
            root_process().table().add({Ref<Object>{_system}, system_permission::all, 0}).value();
    }
    ~Disturbed() override {
        EXPECT_TRUE(fake::grants().given.empty());
        call(Call::capability_delete, {system});
    }

    Operation operation() {
        switch (GetParam().number) {
        case Call::memory_create:
            return {[](Worker&) {}, [this](Worker&) { call(Call::memory_create, {bytes}); }};
        case Call::memory_map:
            return {[](Worker&) {},
                    [this](Worker& worker) {
                        call(Call::memory_map,
                             {self_process, worker.theirs, address, 0, bytes, read_write});
                    }};
        case Call::memory_unmap:
            return {[this](Worker& worker) {
                        make(Call::memory_map,
                             {worker.slot, worker.memory, address, 0, bytes, read_write});
                    },
                    [this](Worker&) {
                        // A piece out of the middle.
                        call(Call::memory_unmap,
                             {self_process, address + page_size, bytes - 2 * page_size});
                    }};
        case Call::memory_copy:
            return {[this](Worker& worker) {
                        make(Call::memory_map,
                             {worker.slot, worker.memory, address, 0, bytes, read_write});
                    },
                    [this](Worker& worker) {
                        call(Call::memory_copy, {worker.theirs, 0, bytes});
                    }};
        case Call::grant_create:
            return {[this](Worker& worker) {
                        made = give(worker, system);
                        as(worker, [&] { make(Call::memory_copy, {worker.theirs, 0, bytes}); });
                    },
                    [this](Worker& worker) {
                        constexpr uint64_t other_machine = 5;
                        call(Call::grant_create,
                             {made, worker.theirs, page_size, other_machine, read_write});
                    }};
        case Call::capability_revoke:
            return {[this](Worker& worker) { copy_and_map(worker); },
                    [this](Worker& worker) { call(Call::capability_revoke, {worker.theirs}); }};
        case Call::capability_delete:
            return {[this](Worker& worker) {
                        as(worker,
                           [&] { made = make(Call::memory_create, {many_pages * page_size}); });
                    },
                    [this](Worker&) { call(Call::capability_delete, {made}); }};
        default:
            return {[this](Worker& worker) { fill(worker); },
                    [this](Worker&) {
                        call(Call::process_destroy, {self_process, 3});
                    }};
        }
    }

    void copy_and_map(Worker& worker) {
        as(worker, [&] {
            for (unsigned i = 0; i < 5; ++i)
                make(Call::capability_copy, {self_process, worker.theirs, all_permissions, 0});
            make(Call::memory_map, {self_process, worker.theirs, address, 0, bytes, read_write});
        });
    }

    // Threads, processes that live on it, a mapping, capabilities, an endpoint with somebody at it.
    void fill(Worker& worker) {
        copy_and_map(worker);
        for (unsigned i = 1; i <= 2; ++i) {
            Slot const thread = make(Call::thread_create, {worker.slot, 0x10000, 0x20000, 0, 0,
                                                           buffer_address + i * page_size});
            EXPECT_EQ(call(Call::capability_delete, {thread}).error, Error::none);
        }
        as(worker, [&] {
            make(Call::endpoint_create);
            for (unsigned i = 0; i < 3; ++i) {
                Slot const process = make(Call::process_create, {64 * 1024, 0, 0, 0, 0});
                make(Call::capability_copy, {process, process, all_permissions, 0});
            }
        });
    }

    Slot system{0};
    Slot made{0};

private:
    System _system;
};

TEST_P(Disturbed, by_nothing) {
    at_each_point(operation(), [](Worker&) {});
}

TEST_P(Disturbed, by_the_end_of_its_thread) {
    at_each_point(operation(), [this](Worker& worker) {
        EXPECT_EQ(call(Call::thread_destroy, {worker.thread_slot}).error, Error::none);
        EXPECT_TRUE(worker.thread->ended());
    });
}

TEST_P(Disturbed, by_the_end_of_its_process) {
    at_each_point(operation(), [this](Worker& worker) {
        EXPECT_EQ(call(Call::process_destroy, {worker.slot, 0}).error, Error::none);
        EXPECT_TRUE(worker.thread->ended());
        EXPECT_FALSE(worker.process->space().exists());
    });
}

TEST_P(Disturbed, by_revocation_of_its_memory) {
    at_each_point(operation(), [this](Worker& worker) {
        EXPECT_EQ(call(Call::capability_revoke, {worker.memory}).error, Error::none);
        EXPECT_FALSE(worker.process->table().find<Memory>(worker.theirs, 0).ok());
    });
}

TEST_P(Disturbed, by_the_end_of_its_memory) {
    at_each_point(operation(), [this](Worker& worker) {
        EXPECT_EQ(call(Call::capability_revoke, {worker.memory}).error, Error::none);
        EXPECT_EQ(call(Call::capability_delete, {worker.memory}).error, Error::none);
        worker.memory = 0;
    });
}

// Other calls find all structures in order.
TEST_P(Disturbed, by_mappings_beside_it) {
    at_each_point(operation(), [this](Worker& worker) {
        Slot const other = make(Call::memory_create, {page_size});
        for (uint64_t page = 0; page < pages + 2; page += 10)
            if (call(Call::memory_map, {worker.slot, other, address + page * page_size, 0,
                                        page_size, memory_permission::read})
                    .error == Error::none) {
                EXPECT_EQ(
                    call(Call::memory_unmap, {worker.slot, address + page * page_size, page_size})
                        .error,
                    Error::none);
            }
        EXPECT_EQ(call(Call::capability_delete, {other}).error, Error::none);
    });
}

TEST_P(Disturbed, by_a_lack_of_frames) {
    std::vector<Pfn> frames;
    at_each_point(operation(), [&](Worker& worker) {
        for (auto frame = frame_pool().take_for_user(); frame.ok();
             frame = frame_pool().take_for_user())
            frames.push_back(frame.value());
        rest();
        come_back();
        for (Pfn const frame : frames)
            frame_pool().give(frame);
        frames.clear();
        Error const error = answer_of(*worker.thread).error;
        EXPECT_TRUE(worker.thread->ended() || error == Error::none || error == Error::out_of_memory)
            << static_cast<int>(error);
    });
}

constexpr Named_operation operations[]{
    {"create", System_call::memory_create},   {"map", System_call::memory_map},
    {"unmap", System_call::memory_unmap},     {"copy", System_call::memory_copy},
    {"grant", System_call::grant_create},     {"revoke", System_call::capability_revoke},
    {"free", System_call::capability_delete}, {"end", System_call::process_destroy}};

INSTANTIATE_TEST_SUITE_P(Operations, Disturbed, testing::ValuesIn(operations),
                         [](auto const& each) { return each.param.name; });

// The same by a call on another processor, which waits for its way into the kernel at that
// preemption point. Both go on by turns when that call takes steps, too.
class Disturbed_elsewhere : public Disturbed {
protected:
    static constexpr uint64_t here = 1; // affinities
    static constexpr uint64_t there = 2;

    struct Disturbance {
        Call number;
        std::vector<uint64_t> arguments;
    };
    using Choice = std::function<Disturbance(Worker&)>;

    Disturbed_elsewhere() {
        start_processors(2);
        move(here);
    }

    void move(uint64_t affinity) {
        EXPECT_EQ(call(Call::thread_set_affinity, {0, affinity}).error, Error::none);
        take_kicks();
        on(affinity == here ? 0 : 1);
        ASSERT_EQ(current(), &root());
    }

    // The worker on processor 0, the root thread on processor 1.
    Worker start_apart(Operation const& operation) {
        Worker worker = start_worker();
        EXPECT_EQ(call(Call::thread_set_affinity, {worker.thread_slot, here}).error, Error::none);
        operation.prepare(worker);
        move(there);
        on(0);
        EXPECT_EQ(current(), worker.thread.get());
        return worker;
    }
    bool answered(Call number) { return static_cast<Call>(answer_of(root()).error) != number; }

    bool once(Operation const& operation, Choice const& choice, unsigned point) {
        Worker worker = start_apart(operation);
        auto const [number, arguments] = choice(worker);
        bool disturbed = false;
        // Clang 14 has no structured binding captured by reference.
        fake::platform().between_steps = [&, number = number, arguments = arguments,
                                          seen = 0u]() mutable {
            if (++seen != point)
                return;
            disturbed = true;
            call_on(1, number,
                    {arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                     arguments[5]});
        };
        operation.begin(worker);
        fake::platform().between_steps = {};
        on(1);
        EXPECT_EQ(current(), &root());
        EXPECT_TRUE(!disturbed || answered(number));
        move(here);
        end_worker(worker);
        return disturbed;
    }

    void at_each_point(Choice const& choice) {
        auto const disturbing = operation();
        once(disturbing, choice, 1); // page tables and slots of the root process come to be
        once(disturbing, choice, 1000);
        unsigned point = 1;
        for (bool disturbed = true; disturbed; ++point) {
            Usage const before = usage();
            disturbed = once(disturbing, choice, point);
            EXPECT_EQ(usage(), before);
            if (HasFailure())
                FAIL() << "disturbed at preemption point " << point;
            ASSERT_LT(point, 1000u) << "it does not end";
        }
        EXPECT_GT(point, 3u) << "there was nothing to disturb";
    }
};

TEST_P(Disturbed_elsewhere, at_each_of_its_points) {
    auto const disturbing = operation();
    Worker worker = start_apart(disturbing);
    unsigned calls = 0;
    fake::platform().between_steps = [&] {
        EXPECT_TRUE(calls == 0 || answered(Call::capability_information)) << "it had to wait";
        call_on(1, Call::capability_information, {self_process});
        EXPECT_FALSE(answered(Call::capability_information)) << "two were inside";
        ++calls;
    };
    disturbing.begin(worker);
    fake::platform().between_steps = {};
    EXPECT_GT(calls, 1u);
    on(1);
    EXPECT_TRUE(answered(Call::capability_information));
    move(here);
    end_worker(worker);
}

TEST_P(Disturbed_elsewhere, by_the_end_of_its_thread) {
    at_each_point([](Worker& worker) {
        return Disturbance{Call::thread_destroy, {worker.thread_slot, 0, 0, 0, 0, 0}};
    });
}

TEST_P(Disturbed_elsewhere, by_the_end_of_its_process) {
    at_each_point([](Worker& worker) {
        return Disturbance{Call::process_destroy, {worker.slot, 0, 0, 0, 0, 0}};
    });
}

TEST_P(Disturbed_elsewhere, by_revocation_of_its_memory) {
    at_each_point([](Worker& worker) {
        return Disturbance{Call::capability_revoke, {worker.memory, 0, 0, 0, 0, 0}};
    });
}

TEST_P(Disturbed_elsewhere, by_unmapping_beside_it) {
    at_each_point([](Worker& worker) {
        return Disturbance{Call::memory_unmap, {worker.slot, address, bytes, 0, 0, 0}};
    });
}

TEST_P(Disturbed_elsewhere, by_mapping_beside_it) {
    at_each_point([](Worker& worker) {
        return Disturbance{Call::memory_map,
                           {worker.slot, worker.memory, address, 0, bytes, read_write}};
    });
}

INSTANTIATE_TEST_SUITE_P(Operations, Disturbed_elsewhere, testing::ValuesIn(operations),
                         [](auto const& each) { return each.param.name; });

// Deadlines, threads, endpoints.

TEST_F(Kernel_works, many_deadlines_at_once_come_in_turns) {
    constexpr unsigned sleepers = 40;
    Child const child = spawn(worker_bytes);
    std::vector<Ref<Thread>> threads;
    Time const deadline = fake::platform().now + 1000;
    for (unsigned i = 1; i <= sleepers; ++i)
        threads.push_back(spawn_thread(child, i).thread);
    for (auto const& thread : threads) {
        run(*thread);
        call(Call::thread_sleep, {deadline});
    }
    run(root());
    auto const awake = [&] {
        unsigned count = 0;
        for (auto const& thread : threads)
            count += thread->wait != Wait::sleep;
        return count;
    };
    advance(1000);
    EXPECT_GT(awake(), 0u);
    EXPECT_LT(awake(), sleepers);
    EXPECT_LE(fake::own().programmed, fake::platform().now) << "the others wait for nothing";
    for (unsigned i = 0; i < sleepers && awake() < sleepers; ++i)
        advance(1);
    EXPECT_EQ(awake(), sleepers);
}

// Its process counts as ended, but the step that ends its thread is yet to come.
TEST_F(Kernel_works, who_is_about_to_end_gets_no_answer) {
    Worker worker = start_worker();
    Child const client = spawn();
    Slot const endpoint = make(Call::endpoint_create);
    Slot const reply = make(Call::reply_create);
    Slot const theirs = give(client, endpoint, endpoint_permission::call);
    Slot const victim = give(worker, client.slot);
    run(*client.thread);
    client.thread->buffer().accepted_transfers = 1;
    call(Call::endpoint_call, {theirs, 0});
    run(root());
    ASSERT_EQ(call(Call::endpoint_receive, {endpoint, reply, forever}).error, Error::none);
    rest();
    interrupt_at(1);
    call(Call::process_destroy, {victim, 0});
    ASSERT_EQ(current(), &root());
    EXPECT_FALSE(client.process->alive());
    EXPECT_FALSE(client.thread->ended());
    root().buffer().sent[0] = {wake, all_permissions, 0};
    EXPECT_EQ(call(Call::endpoint_reply, {reply, Message_tag{0, 0, 1}.raw()}).error,
              Error::no_caller);
    uint64_t const both = uint64_t{reply} << 32 | endpoint;
    root().buffer().deadline = fake::platform().now;
    EXPECT_EQ(call(Call::endpoint_reply_receive, {both, Message_tag{0, 0, 1}.with_deadline().raw()})
                  .error,
              Error::timed_out);
    rest();
    EXPECT_EQ(current(), worker.thread.get()) << "it was let go of, and does not come back";
    EXPECT_TRUE(client.thread->ended());
    come_back();
}

// Else a server that runs elsewhere would take callers as fast as its end lets them go.
TEST_F(Kernel_works, who_is_about_to_end_receives_no_more) {
    Worker worker = start_worker();
    Child const server = spawn();
    Slot const victim = give(worker, server.thread_slot);
    Slot const endpoint = make(Call::endpoint_create);
    Slot const bell = make(Call::notification_create);
    Slot const at = give(server, endpoint);
    Slot const its_bell = give(server, bell);
    Slot const replies[]{give(server, make(Call::reply_create)),
                         give(server, make(Call::reply_create)),
                         give(server, make(Call::reply_create))};
    for (unsigned i = 0; i < 3; ++i) { // the last one stays in line
        Child const client = spawn();
        Slot const theirs = give(client, endpoint, endpoint_permission::call);
        run(*client.thread);
        call(Call::endpoint_call, {theirs, 0});
    }
    run(*server.thread);
    for (unsigned i = 0; i < 2; ++i)
        ASSERT_EQ(call(Call::endpoint_receive, {at, replies[i], forever}).error, Error::none);
    call(Call::notification_wait, {its_bell, forever});
    auto const rung = root_process().table().find<Notification>(bell, 0).value();
    fake::platform().between_steps = [&, seen = 0u]() mutable {
        if (++seen == 2)
            rung->signal(1);
    };
    rest();
    call(Call::thread_destroy, {victim});
    ASSERT_EQ(current(), server.thread.get());
    EXPECT_EQ(call(Call::endpoint_receive, {at, replies[2], forever}).error, Error::peer_died);
    call(Call::thread_sleep, {forever});
    come_back();
    EXPECT_TRUE(server.thread->ended());
}

TEST_F(Kernel_works, makers_do_not_stand_in_a_longer_line_than_is_said) {
    Ref<Thread> thread{root()};
    unsigned depth = 0;
    uint64_t quota = root_bytes - 1024 * 1024;
    Error error = Error::none;
    while (error == Error::none && depth < 200) {
        run(*thread);
        quota -= 48 * 1024;
        Answer const next = call(Call::process_create, {quota, 0, 0, 0, 0});
        error = next.error;
        if (error != Error::none)
            break;
        ++depth;
        Slot const slot = make(Call::thread_create, {next.slot(), 0x10000, 0x20000, 0,
                                                     default_priority, buffer_address});
        thread = current()->process().table().find<Thread>(slot, 0).value();
    }
    EXPECT_EQ(error, Error::quota_exceeded);
    EXPECT_EQ(depth, Quota::deepest - 1u + 1u);
    thread.reset();
    run(root());
}

} // namespace
} // namespace kernel
