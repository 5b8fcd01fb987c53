// SPDX-License-Identifier: MIT
// One script of system calls, run again and again while memory ends one allocation later each time.
// A call that fails says why with a documented error and changes nothing; afterwards everything
// that was taken is back (the fixture looks).
#include "fakes/machine.hpp"
#include "kernel_test.hpp"
#include <functional>
#include <kernel/system.hpp>
#include <memory>
#include <set>
#include <utility>
#include <xenpv/table_pool.hpp>

namespace kernel {
namespace {

using namespace abi;

class Shortage : public Kernel_test {
protected:
    // A call that may fail for lack of memory. Answers its slot, or 0.
    Slot attempt(Call number, std::initializer_list<uint64_t> arguments) {
        Usage const before = usage();
        auto const table = slots();
        Answer const answer = call(number, arguments);
        if (answer.error == Error::none)
            return answer.slot();
        ++failures;
        seen.insert({number, answer.error});
        EXPECT_TRUE(answer.error == Error::quota_exceeded || answer.error == Error::out_of_memory)
            << "call " << static_cast<int>(number) << " answers " << static_cast<int>(answer.error);
        EXPECT_EQ(usage(), before) << "call " << static_cast<int>(number) << " left something";
        EXPECT_EQ(slots(), table) << "call " << static_cast<int>(number);
        return 0;
    }

    // What the root process holds.
    std::vector<Slot> slots() {
        std::vector<Slot> held;
        for (Slot slot = 1; slot < 200; ++slot)
            if (root_process().table().find(slot).ok())
                held.push_back(slot);
        return held;
    }

    void remove(Slot slot) {
        if (slot) {
            EXPECT_EQ(call(Call::capability_delete, {slot}).error, Error::none);
        }
    }

    void use_memory(Slot process) {
        constexpr uint64_t border = 0x40000000; // a level-2 table ends here
        constexpr uint64_t pages = 70;          // three batches
        Slot const memory = attempt(Call::memory_create, {pages * page_size});
        if (!memory)
            return;
        uint64_t const address = border - 40 * page_size;
        remove(attempt(Call::memory_copy, {memory, 0, pages * page_size}));
        if (attempt(Call::memory_map, {process, memory, address, 0, pages * page_size, 3})) {
            // A piece out of the middle needs memory, the rest does not.
            constexpr uint64_t middle = 50;
            uint64_t const hole =
                attempt(Call::memory_unmap, {process, address + middle * page_size, page_size}) ? 1
                                                                                                : 0;
            uint64_t const behind = address + (middle + hole) * page_size;
            uint64_t const left = (pages - middle - hole) * page_size;
            EXPECT_EQ(call(Call::memory_unmap, {process, behind, left}).error, Error::none);
            EXPECT_EQ(call(Call::memory_unmap, {process, address, middle * page_size}).error,
                      Error::none);
        }
        remove(memory);
    }

    // Until its own thread runs, nothing of the child is watched.
    void use_process() {
        Slot const ended = attempt(Call::notification_create, {});
        Slot const process = attempt(Call::process_create, {given_quota, 0, 0x61, 0, ended});
        if (process) {
            auto const object = root_process().table().find<Process>(process, 0).value();
            watch(object);
            remove(attempt(Call::memory_create_for, {process, 3 * page_size}));
            use_memory(process);
            if (ended)
                attempt(Call::capability_copy, {process, ended, 1, 5});
            Slot const thread =
                attempt(Call::thread_create, {process, 0x10000, 0x20000, 0, 16, buffer_address});
            if (thread)
                talk(process, *root_process().table().find<Thread>(thread, 0).value());
            remove(thread);
            EXPECT_EQ(call(Call::process_destroy, {process, 0}).error, Error::none);
            forget();
        }
        remove(process);
        remove(ended);
    }

    void use_group() {
        Slot const group = attempt(Call::group_create, {});
        if (!group)
            return;
        if (Slot const member =
                attempt(Call::process_create, {given_quota, 0, 0x61, 0, 0, group})) {
            Slot const thread = attempt(Call::thread_create,
                                        {member, region_bytes, region_bytes, 0, 16, region_bytes});
            EXPECT_EQ(call(Call::process_destroy, {member, 0}).error, Error::none);
            remove(thread);
            remove(member);
        }
        remove(group);
    }

    // The child's thread receives, the root calls with a capability, the child answers with one.
    void talk(Slot process, Thread& thread) {
        Slot const endpoint = attempt(Call::endpoint_create, {});
        Slot const theirs =
            endpoint ? attempt(Call::capability_copy, {process, endpoint, 3, 0}) : 0;
        if (theirs) {
            run(thread);
            if (Slot const reply = attempt(Call::reply_create, {}))
                serve(thread, theirs, reply, endpoint);
        }
        run(root());
        remove(endpoint);
    }

    void serve(Thread& server, Slot theirs, Slot reply, Slot ours) {
        server.buffer().accepted_transfers = 1;
        call(Call::endpoint_receive, {theirs, reply, forever});
        run(root());
        root().buffer().sent[0] = {ours, 1, 9};
        root().buffer().accepted_transfers = 1;
        Message_tag const tag{1, 3, 1};
        call(Call::endpoint_call, {ours, tag.raw(), 0, 0, 0, 0});
        if (root().wait != Wait::answer) {
            EXPECT_TRUE(answer_of(root()).error == Error::quota_exceeded ||
                        answer_of(root()).error == Error::out_of_memory);
            return;
        }
        server.buffer().sent[0] = {theirs, 1, 0};
        call(Call::endpoint_reply, {reply, tag.raw(), 0, 0, 0, 0});
        if (root().wait == Wait::answer)
            call(Call::endpoint_reply, {reply, Message_tag{1, 0}.raw(), 0, 0, 0, 0});
        else
            ++messages;
        run(root());
        remove(root().buffer().received[0].index);
    }

    // The root process's page tables and its table of capabilities stay once they are there.
    Shortage() {
        script();
        EXPECT_EQ(failures, 0u);
        EXPECT_EQ(messages, 1u);
    }

    void script() {
        use_memory(self_process);
        use_process();
        use_group();
    }

    // Runs the script with `limit` of something, from none on until nothing fails any more.
    void sweep(std::function<void(uint64_t)> const& impose, std::function<void()> const& lift,
               uint64_t step) {
        for (uint64_t limit = 0;; limit += step) {
            Usage const before = usage();
            failures = 0;
            impose(limit);
            script();
            lift();
            run(root());
            EXPECT_EQ(usage(), before);
            if (HasFailure())
                FAIL() << "with a limit of " << limit;
            if (failures == 0)
                break;
            ASSERT_LT(limit / step, 5000u) << "the script never succeeds";
        }
        EXPECT_GT(messages, 0u) << "the script was never carried out in full";
    }

    // What the conformance suite leaves to these tests.
    void expect_seen(Error error, std::initializer_list<Call> calls) const {
        for (Call const number : calls)
            EXPECT_TRUE(seen.count({number, error}))
                << "call " << static_cast<int>(number) << " never answered "
                << static_cast<int>(error);
    }

    std::set<std::pair<Call, Error>> seen;
    uint64_t given_quota{child_bytes};
    unsigned failures{0};
    unsigned messages{0};
};

// Page tables that are kept for the next use would hide that there is no frame for one.
class Held_tables {
public:
    void take_all() {
        for (unsigned level = 1; level <= 4; ++level)
            while (arch::table_counts().pooled) {
                auto const counts = arch::table_counts();
                Pfn const table = xenpv::take_pooled_table(level).value();
                _tables.push_back({table, level});
                if (arch::table_counts().pooled == counts.pooled)
                    break; // it was a new one
            }
    }
    void give_all() {
        for (auto const& [table, level] : _tables)
            xenpv::give_pooled_table(table, level);
        _tables.clear();
    }

private:
    std::vector<std::pair<Pfn, unsigned>> _tables;
};

TEST_F(Shortage, of_frames) {
    std::vector<Pfn> frames;
    Held_tables tables;
    sweep(
        [&](uint64_t limit) {
            tables.take_all();
            while (frame_pool().free() > limit)
                frames.push_back(frame_pool().take_for_kernel().value());
        },
        [&] {
            for (Pfn const frame : frames)
                frame_pool().give(frame);
            frames.clear();
            tables.give_all();
        },
        1);
    expect_seen(Error::out_of_memory,
                {Call::process_create, Call::group_create, Call::thread_create,
                 Call::endpoint_create, Call::reply_create, Call::notification_create,
                 Call::memory_create, Call::memory_create_for, Call::memory_copy, Call::memory_map,
                 Call::capability_copy});
}

TEST_F(Shortage, of_the_childs_quota) {
    sweep([this](uint64_t limit) { given_quota = 16 * 1024 + limit; }, [] {}, 320);
}

TEST_F(Shortage, of_quota) {
    uint64_t charged = 0;
    sweep(
        [&](uint64_t limit) {
            charged = root_quota().limit() - root_quota().used() - limit;
            ASSERT_TRUE(root_quota().charge(charged).ok());
        },
        [&] { root_quota().refund(charged); }, 448);
}

// Once and never again: what a full machine that gives memory back looks like.
TEST_F(Shortage, of_one_frame_at_a_time) {
    sweep([](uint64_t limit) { fake::platform().maps_until_failure = limit + 1; },
          [] { fake::platform().maps_until_failure = 0; }, 1);
}

class Shortage_at_first : public Kernel_test {};

// The first slot of a process, and page tables where it has none: whichever of them cannot be had,
// the others are given back.
TEST_F(Shortage_at_first, of_one_frame_for_a_thread_and_its_slot) {
    constexpr uint64_t elsewhere = 0x7000'0000'0000;
    Usage const before = usage();
    uint64_t allocations = 0;
    Answer answer{Error::out_of_memory, {}};
    while (answer.error == Error::out_of_memory && ++allocations < 20) {
        EXPECT_EQ(usage(), before);
        fake::platform().maps_until_failure = allocations;
        answer = call(Call::thread_create, {self_process, 0x10000, 0x20000, 0, 1, elsewhere});
    }
    fake::platform().maps_until_failure = 0;
    EXPECT_GE(allocations, 3u);
    EXPECT_EQ(answer.error, Error::none);
    EXPECT_EQ(call(Call::thread_destroy, {answer.slot()}).error, Error::none);
    EXPECT_EQ(call(Call::capability_delete, {answer.slot()}).error, Error::none);
}

// A table that needs a page for what arrives, and cannot have one.
class Shortage_of_a_slot : public Kernel_test {
protected:
    // Copies of `slot` until the table of `process` is at the end of a page.
    void fill(Slot process, Slot slot) {
        Error error = Error::none;
        for (unsigned i = 0; error == Error::none && i < 200; ++i)
            error = without_frames(Call::capability_copy, {process, slot, 1, 0}).error;
        EXPECT_EQ(error, Error::out_of_memory);
    }
    Answer without_frames(Call number, std::initializer_list<uint64_t> arguments) {
        fake::platform().maps_until_failure = 1;
        Answer const answer = call(number, arguments);
        fake::platform().maps_until_failure = 0;
        return answer;
    }
};

TEST_F(Shortage_of_a_slot, messages_with_capabilities_say_so_to_who_sends) {
    Child const child = spawn();
    Slot const endpoint = make(Call::endpoint_create);
    Slot const theirs = give(child, endpoint);
    run(*child.thread);
    Slot const reply = make(Call::reply_create);
    child.thread->buffer().accepted_transfers = 1;
    call(Call::endpoint_receive, {theirs, reply, forever});
    run(root());
    fill(child.slot, endpoint);
    Message_tag const tag{1, 0, 1};
    root().buffer().sent[0] = {endpoint, 1, 0};
    root().buffer().accepted_transfers = 1;
    Usage const before = usage();
    EXPECT_EQ(without_frames(Call::endpoint_call, {endpoint, tag.raw(), 0, 0, 0, 0}).error,
              Error::out_of_memory);
    EXPECT_EQ(usage(), before);
    fill(self_process, endpoint);
    call(Call::endpoint_call, {endpoint, tag.raw(), 0, 0, 0, 0});
    ASSERT_EQ(root().wait, Wait::answer);
    run(*child.thread);
    child.thread->buffer().sent[0] = {theirs, 1, 0};
    uint64_t const both = uint64_t{reply} << 32 | theirs;
    EXPECT_EQ(without_frames(Call::endpoint_reply, {reply, tag.raw(), 0, 0, 0, 0}).error,
              Error::out_of_memory);
    EXPECT_EQ(without_frames(Call::endpoint_reply_receive, {both, tag.raw(), 0, 0, 0, 0}).error,
              Error::out_of_memory);
    EXPECT_EQ(root().wait, Wait::answer); // as if nothing had been tried
    EXPECT_EQ(call(Call::endpoint_reply, {reply, tag.raw(), 0, 0, 0, 0}).error, Error::none);
    EXPECT_EQ(answer_of(root()).error, Error::none);
    run(root());
    for (Slot slot = 2; slot < 200; ++slot)
        call(Call::capability_delete, {slot});
}

TEST_F(Shortage_of_a_slot, processors_are_opened_by_who_has_room) {
    auto const system = std::make_unique<System>(Ref<Quota>{root_quota()}, Boot{});
    system->acquire();
    auto& table = root_process().table();
    Slot const machine = table.add({Ref<Object>{*system}, system_permission::all, 0}).value();
    Slot const processor = make(Call::processor_open, {machine, 0});
    fill(self_process, machine);
    Usage const before = usage();
    EXPECT_EQ(without_frames(Call::processor_open, {machine, 0}).error, Error::out_of_memory);
    EXPECT_EQ(without_frames(Call::processor_accounts, {processor}).error, Error::out_of_memory);
    EXPECT_EQ(usage(), before);
    EXPECT_EQ(call(Call::processor_open, {machine, 0}).error, Error::none);
    for (Slot slot = 2; slot < 200; ++slot)
        call(Call::capability_delete, {slot});
    EXPECT_EQ(system->references(), 1u);
}

// A piece out of the middle leaves two mappings, and the second needs a record.
TEST_F(Shortage_of_a_slot, unmapping_that_needs_a_record_changes_nothing) {
    constexpr uint64_t address = 0x40000000;
    Slot const memory = make(Call::memory_create, {3 * page_size});
    EXPECT_EQ(call(Call::memory_map, {self_process, memory, address, 0, 3 * page_size, 1}).error,
              Error::none);
    uint64_t others = 0;
    auto const place = [&] { return address + (4 + 2 * others) * page_size; };
    while (
        without_frames(Call::memory_map, {self_process, memory, place(), 0, page_size, 1}).error ==
        Error::none)
        ++others;
    Usage const before = usage();
    auto const middle = {uint64_t{self_process}, address + page_size, page_size};
    EXPECT_EQ(without_frames(Call::memory_unmap, middle).error, Error::out_of_memory);
    EXPECT_EQ(usage(), before);
    EXPECT_EQ(call(Call::memory_unmap, middle).error, Error::none);
    for (uint64_t const page : {uint64_t{0}, uint64_t{2}})
        EXPECT_EQ(
            call(Call::memory_unmap, {self_process, address + page * page_size, page_size}).error,
            Error::none);
    while (others-- > 0)
        EXPECT_EQ(call(Call::memory_unmap, {self_process, place(), page_size}).error, Error::none);
    EXPECT_EQ(call(Call::capability_delete, {memory}).error, Error::none);
}

} // namespace
} // namespace kernel
