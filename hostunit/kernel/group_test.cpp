// SPDX-License-Identifier: MIT
// Groups: regions of one address space, and threads that visit other members. A test is the gate:
// it writes to the message buffer what the gates of libos would.
#include "fakes/machine.hpp"
#include "kernel_test.hpp"
#include <cstring>
#include <xenpv/p2m.hpp>

namespace kernel {
namespace {

using namespace abi;

constexpr uint64_t entry = 0x10000;
constexpr uint64_t stack = 0x20000;
constexpr uint64_t page = 0x400000;
constexpr uint64_t back = 0x12340; // where gates come back to

class Groups : public Kernel_test {
protected:
    struct Member : Child {
        uint64_t begin{0}; // of its region

        Member_identity identity() const { return process->identity(); }
    };

    Groups() : _group{make(Call::group_create)} {}

    Slot group() const { return _group; }

    Member join(char name = 'm', uint64_t priority = default_priority) {
        Member member;
        member.slot =
            make(Call::process_create, {child_bytes, 0, static_cast<uint64_t>(name), 0, 0, _group});
        member.process = root_process().table().find<Process>(member.slot, 0).value();
        watch(member.process);
        member.begin = member.process->space().begin();
        add_thread(member, priority);
        return member;
    }

    void add_thread(Member& member, uint64_t priority = default_priority,
                    uint64_t buffer = buffer_address) {
        member.thread_slot =
            make(Call::thread_create, {member.slot, member.begin + entry, member.begin + stack, 0,
                                       priority, member.begin + buffer});
        member.thread = root_process().table().find<Thread>(member.thread_slot, 0).value();
    }

    // As a gate of `from` does it; the thread is at `level` before.
    static void visit(Thread& thread, Member const& from, Member const& to, uint64_t level = 0) {
        Group_calls& calls = thread.buffer().group_calls;
        calls.levels[level].instruction = from.begin + back + level;
        calls.levels[level].stack = from.begin + stack - level;
        calls.levels[level + 1] = {to.identity().raw(), 0, 0};
        calls.depth = level + 1;
    }
    // As the callee's gate leaves: where it jumps to.
    static uint64_t come_back(Thread& thread) {
        Group_calls& calls = thread.buffer().group_calls;
        return calls.levels[--calls.depth].instruction;
    }

    void fault() {
        enter([] { thread_faulted({14, 4, 0x77, "page fault"}); });
    }

    static void expect_back(Thread& thread, Member const& in, uint64_t level = 0) {
        EXPECT_EQ(thread.registers().instruction_pointer(), in.begin + back + level);
        EXPECT_EQ(thread.registers().stack_pointer(), in.begin + stack - level);
        EXPECT_EQ(answer_of(thread).error, Error::peer_died);
        EXPECT_EQ(thread.buffer().group_calls.depth, level);
        EXPECT_TRUE(thread.wait == Wait::ready || thread.wait == Wait::none);
    }

    // Process, thread and message buffer stay, since the root has capabilities to them.
    static void expect_memory_back(Member const& member) {
        EXPECT_LT(member.process->quota().used(), 2 * page_size);
        EXPECT_FALSE(member.process->space().exists());
    }

    Process_information information(Slot slot) {
        EXPECT_EQ(call(Call::process_information, {slot}).error, Error::none);
        Process_information found;
        std::memcpy(&found, current()->buffer().words, sizeof found);
        return found;
    }
    Process_state state(Member const& member) {
        return static_cast<Process_state>(information(member.slot).state);
    }

    // As the processor would walk the tables; null when nothing is mapped.
    static char* walk(Pfn table, uint64_t address) {
        for (unsigned level = 4; level > 0; --level) {
            uint64_t const index = address >> (12 + 9 * (level - 1)) & 511;
            auto const entry_of =
                reinterpret_cast<xenpv::Entry const*>(fake::machine().contents(table))[index];
            if (!entry_of.present())
                return nullptr;
            table = xenpv::p2m.pfn(entry_of.mfn());
        }
        return fake::machine().contents(table) + address % page_size;
    }
    static Directory_entry shown(Member const& member, uint64_t number) {
        auto* const directory = walk(member.process->space().top(), Group_directory::address);
        return reinterpret_cast<Group_directory const*>(directory)->members[number];
    }

private:
    Slot _group;
};

TEST_F(Groups, members_have_regions_of_one_space) {
    Member const a = join('a');
    Member const b = join('b');
    EXPECT_EQ(a.process->space().top(), b.process->space().top());
    EXPECT_EQ(a.begin, region_bytes);
    EXPECT_EQ(b.begin, 2 * region_bytes);
    auto const found = information(b.slot);
    EXPECT_EQ(found.region_begin, b.begin);
    EXPECT_EQ(found.region_end, b.begin + region_bytes);
    EXPECT_EQ(found.member, b.identity().raw());
    EXPECT_EQ(b.identity().number(), 2u);
    EXPECT_EQ(information(self_process).region_end, user_end);
    EXPECT_EQ(Member_identity{information(self_process).member}.number(), 0u);
}

TEST_F(Groups, the_directory_shows_who_lives) {
    Member const a = join('a');
    Member const b = join('b');
    EXPECT_EQ(shown(a, 2).identity, b.identity().raw());
    EXPECT_EQ(shown(a, 2).entry, 0u);
    EXPECT_STREQ(shown(a, 2).name, "b");
    EXPECT_EQ(call(Call::process_destroy, {b.slot, 0}).error, Error::none);
    EXPECT_EQ(shown(a, 2).identity, 0u);
    EXPECT_STREQ(shown(a, 2).name, "");
    Member const c = join('c');
    EXPECT_EQ(shown(a, 2).identity, c.identity().raw());
    EXPECT_NE(c.identity().raw(), b.identity().raw());
}

TEST_F(Groups, nothing_is_mapped_outside_ones_own_region) {
    Member const a = join();
    Member const b = join();
    Slot const memory = make(Call::memory_create, {2 * page_size});
    for (uint64_t const address : {page, b.begin + page, Group_directory::address, b.begin,
                                   a.begin - page_size, b.begin - page_size, 5 * region_bytes}) {
        EXPECT_EQ(call(Call::memory_map, {a.slot, memory, address, 0, 2 * page_size, 1}).error,
                  Error::invalid_argument)
            << std::hex << address;
        EXPECT_EQ(call(Call::memory_unmap, {a.slot, address, 2 * page_size}).error,
                  Error::invalid_argument);
        EXPECT_EQ(call(Call::thread_create, {a.slot, a.begin + entry, a.begin + stack, 0, 1,
                                             address == b.begin - page_size ? b.begin : address})
                      .error,
                  Error::invalid_argument);
    }
    EXPECT_EQ(call(Call::thread_create, {a.slot, b.begin, a.begin + stack, 0, 1, a.begin}).error,
              Error::invalid_argument);
    EXPECT_EQ(
        call(Call::thread_create, {a.slot, a.begin + entry, b.begin + page_size, 0, 1, a.begin})
            .error,
        Error::invalid_argument);
    EXPECT_EQ(call(Call::memory_map, {a.slot, memory, b.begin - page_size, 0, page_size, 1}).error,
              Error::none)
        << "its last page";
}

TEST_F(Groups, each_pays_for_its_own_tables) {
    Member const a = join();
    Member const b = join();
    uint64_t const before_a = a.process->quota().used();
    uint64_t const before_b = b.process->quota().used();
    uint64_t const before_root = root_quota().used();
    Slot const memory = make(Call::memory_create, {page_size});
    uint64_t const far = a.begin + 5 * (uint64_t{1} << 30); // two tables
    EXPECT_EQ(call(Call::memory_map, {a.slot, memory, far, 0, page_size, 3}).error, Error::none);
    EXPECT_EQ(a.process->quota().used(), before_a + 2 * page_size + sizeof(Mapping));
    EXPECT_EQ(b.process->quota().used(), before_b);
    EXPECT_LE(root_quota().used(), before_root + 4 * page_size); // the memory
}

TEST_F(Groups, the_end_of_one_takes_its_region_only) {
    Member const a = join();
    Member const b = join();
    Slot const memory = make(Call::memory_create, {page_size});
    for (Member const* each : {&a, &b})
        EXPECT_EQ(
            call(Call::memory_map, {each->slot, memory, each->begin + page, 0, page_size, 3}).error,
            Error::none);
    run(*b.thread); // its table is loaded
    run(root());
    EXPECT_EQ(call(Call::process_destroy, {a.slot, 0}).error, Error::none);
    expect_memory_back(a);
    Pfn const top = b.process->space().top();
    EXPECT_EQ(walk(top, a.begin + page), nullptr);
    EXPECT_NE(walk(top, b.begin + page), nullptr);
    run(*b.thread);
    EXPECT_EQ(call(Call::null).error, Error::none);
}

// Also of the space that the one who does it runs in.
TEST_F(Groups, one_member_can_end_another) {
    Member const a = join();
    Member const b = join();
    Slot const handle = give(a, b.slot);
    run(*a.thread);
    EXPECT_EQ(call(Call::process_destroy, {handle, 3}).error, Error::none);
    EXPECT_EQ(call(Call::null).error, Error::none);
    EXPECT_EQ(current(), a.thread.get());
    run(root());
    EXPECT_EQ(state(b), Process_state::killed);
}

TEST_F(Groups, the_space_goes_with_the_last_of_members_and_capabilities) {
    uint64_t const tables = arch::table_counts().in_use;
    Member const a = join();
    EXPECT_EQ(call(Call::capability_delete, {group()}).error, Error::none);
    EXPECT_EQ(object_count(Object_type::group), 2u) << "it and the root's";
    EXPECT_EQ(call(Call::process_destroy, {a.slot, 0}).error, Error::none);
    EXPECT_EQ(object_count(Object_type::group), 1u);
    EXPECT_EQ(arch::table_counts().in_use, tables - 4);
}

TEST_F(Groups, there_are_fifteen_numbers) {
    std::array<Slot, largest_group> slots{};
    for (Slot& slot : slots)
        slot = make(Call::process_create, {64 * 1024, 0, 'm', 0, 0, group()});
    auto const full = usage();
    EXPECT_EQ(call(Call::process_create, {64 * 1024, 0, 'm', 0, 0, group()}).error,
              Error::table_full);
    EXPECT_EQ(usage(), full);
    EXPECT_EQ(call(Call::process_destroy, {slots[6], 0}).error, Error::none);
    Slot const again = make(Call::process_create, {64 * 1024, 0, 'm', 0, 0, group()});
    EXPECT_EQ(Member_identity{information(again).member}.number(), 7u);
}

TEST_F(Groups, joining_takes_the_capability) {
    Member const a = join();
    Slot const notification = make(Call::notification_create);
    EXPECT_EQ(call(Call::process_create, {child_bytes, 0, 1, 0, 0, notification}).error,
              Error::wrong_type);
    EXPECT_EQ(call(Call::process_create, {child_bytes, 0, 1, 0, 0, 77}).error,
              Error::invalid_capability);
    EXPECT_EQ(
        call(Call::process_create, {child_bytes, process_without_fpu, 1, 0, 0, group()}).error,
        Error::invalid_argument);
    run(*a.thread);
    EXPECT_EQ(call(Call::process_create, {32 * 1024, 0, 1, 0, 0, group()}).error,
              Error::invalid_capability)
        << "a member holds no capability to its group";
}

class Visits : public Groups {
protected:
    Member a{join('a')};
    Member b{join('b')};
    Member c{join('c')};
    Thread& visitor{*a.thread};
};

TEST_F(Visits, a_visitor_acts_with_the_capabilities_of_its_host) {
    run(visitor);
    visit(visitor, a, b);
    uint64_t const paid_by_a = a.process->quota().used();
    uint64_t const paid_by_b = b.process->quota().used();
    Slot const made = make(Call::notification_create);
    EXPECT_TRUE(b.process->table().find(made).ok());
    EXPECT_FALSE(a.process->table().find(made).ok());
    EXPECT_EQ(a.process->quota().used(), paid_by_a);
    EXPECT_GT(b.process->quota().used(), paid_by_b);
    EXPECT_EQ(information(self_process).member, b.identity().raw());
    come_back(visitor);
    EXPECT_EQ(call(Call::capability_information, {made}).error, Error::invalid_capability);
    EXPECT_EQ(information(self_process).member, a.identity().raw());
}

TEST_F(Visits, who_claims_to_be_where_it_is_not_acts_for_itself) {
    run(root());
    Member const gone = join('g');
    call(Call::process_destroy, {gone.slot, 0});
    Slot const other_group = make(Call::group_create);
    Slot const other = make(Call::process_create, {child_bytes, 0, 'o', 0, 0, other_group});
    uint64_t const foreign = information(other).member;
    uint64_t const lone = root_process().identity().raw();
    run(visitor);
    Group_calls& calls = visitor.buffer().group_calls;
    for (uint64_t const claim : {gone.identity().raw(), foreign, lone, b.identity().raw() + 16,
                                 uint64_t{0}, ~uint64_t{0}}) {
        calls.levels[1].member = claim;
        calls.depth = 1;
        EXPECT_EQ(information(self_process).member, a.identity().raw()) << claim;
    }
    calls.levels[1].member = b.identity().raw();
    for (uint64_t const depth : {Group_calls::deepest + 1, ~uint64_t{0}, uint64_t{1} << 32}) {
        calls.depth = depth;
        EXPECT_EQ(information(self_process).member, a.identity().raw()) << depth;
    }
    run(root());
    auto& own = root().buffer().group_calls;
    own = calls;
    own.depth = 1;
    EXPECT_EQ(information(self_process).member, lone) << "not even with a member's identity";
    own = {};
}

TEST_F(Visits, what_arrives_for_a_waiting_visitor_is_its_hosts) {
    Slot const endpoint = make(Call::endpoint_create);
    Slot const gift = make(Call::notification_create);
    Slot const in_b = give(b, endpoint);
    run(visitor);
    visit(visitor, a, b);
    Slot const reply = make(Call::reply_create);
    visitor.buffer().accepted_transfers = 1;
    call(Call::endpoint_receive, {in_b, reply, forever});
    visitor.buffer().group_calls.depth = 0; // a lie while it waits
    run(root());
    root().buffer().sent[0] = {gift, all_permissions, 0};
    call(Call::endpoint_call, {endpoint, Message_tag{1, 0, 1}.raw()});
    auto const arrived = visitor.buffer().received[0].index;
    EXPECT_TRUE(b.process->table().find(arrived).ok());
    EXPECT_FALSE(a.process->table().find(arrived).ok());
}

TEST_F(Visits, a_fault_ends_the_host_and_the_call) {
    run(visitor);
    visit(visitor, a, b);
    fault();
    run(visitor);
    expect_back(visitor, a);
    run(root());
    EXPECT_EQ(state(a), Process_state::alive);
    EXPECT_EQ(state(b), Process_state::faulted);
    EXPECT_EQ(information(b.slot).fault_address, 0x77u);
    EXPECT_TRUE(b.thread->ended());
    expect_memory_back(b);
}

// The visitor runs on another processor.
class Visits_elsewhere : public Visits {
protected:
    Visits_elsewhere() {
        start_processors(2);
        for (Member const* each : {&a, &b, &c})
            send(*each, set_of(each == &a ? 1 : 0));
        take_kicks();
        EXPECT_EQ(current_on(1), &visitor);
        visit(visitor, a, b);
    }

    void send(Member const& member, Processor_set to) {
        run(root());
        EXPECT_EQ(call(Call::thread_set_affinity, {member.thread_slot, to}).error, Error::none);
        take_kicks();
        run(root());
    }
};

TEST_F(Visits_elsewhere, host_that_ends_sends_it_back) {
    ASSERT_TRUE(processor(1).gate.in_user_mode());
    call(Call::process_destroy, {b.slot, 0});
    EXPECT_EQ(current_on(1), &visitor);
    expect_back(visitor, a);
    expect_memory_back(b);
    EXPECT_EQ(state(a), Process_state::alive);
}

// It is about to make something of its host's: nothing comes of that.
TEST_F(Visits_elsewhere, call_in_flight_is_void) {
    uint64_t const before = object_count(Object_type::endpoint);
    fake::strands().when_interrupted(1, [this] {
        visitor.registers().answer(static_cast<Error>(Call::endpoint_create));
        system_call();
    });
    call(Call::process_destroy, {b.slot, 0});
    EXPECT_EQ(object_count(Object_type::endpoint), before);
    EXPECT_EQ(current_on(1), &visitor);
    expect_back(visitor, a);
    take_kicks();
}

TEST_F(Visits_elsewhere, home_that_ends_leaves_it_until_it_comes_back) {
    call(Call::process_destroy, {a.slot, 0});
    EXPECT_EQ(current_on(1), &visitor);
    EXPECT_FALSE(visitor.ended());
    call(Call::process_destroy, {b.slot, 0});
    EXPECT_TRUE(visitor.ended());
    EXPECT_EQ(current_on(1), nullptr);
}

TEST_F(Visits, a_fault_at_home_ends_home) {
    run(visitor);
    visit(visitor, a, b);
    come_back(visitor);
    fault();
    run(root());
    EXPECT_EQ(state(a), Process_state::faulted);
    EXPECT_EQ(state(b), Process_state::alive);
}

TEST_F(Visits, a_host_that_ends_itself_ends_the_call) {
    run(visitor);
    visit(visitor, a, b);
    call(Call::process_destroy, {self_process, 9});
    EXPECT_EQ(current(), &visitor);
    expect_back(visitor, a);
    EXPECT_EQ(information(self_process).member, a.identity().raw());
    run(root());
    EXPECT_EQ(state(b), Process_state::exited);
    EXPECT_EQ(information(b.slot).status, 9u);
}

TEST_F(Visits, a_call_to_one_that_is_gone_ends_by_its_fault) {
    call(Call::process_destroy, {b.slot, 0});
    run(visitor);
    visit(visitor, a, b);
    fault();
    expect_back(visitor, a);
    EXPECT_TRUE(a.process->alive());
}

TEST_F(Visits, a_kill_reaches_visitors_that_wait) {
    std::vector<Ref<Thread>> visitors;
    Slot const endpoint = make(Call::endpoint_create);
    Slot const in_b = give(b, endpoint);
    Slot const listening = give(b, make(Call::endpoint_create));
    Slot const notification = give(b, make(Call::notification_create));
    for (unsigned i = 0; i < 6; ++i) {
        Member one = a;
        add_thread(one, default_priority, buffer_address + (i + 1) * page_size);
        visitors.push_back(one.thread);
        run(*one.thread);
        visit(*one.thread, a, b);
        if (i == 0)
            call(Call::endpoint_call, {in_b, 0});
        else if (i == 1)
            call(Call::notification_wait, {notification, forever});
        else if (i == 2)
            call(Call::thread_sleep, {forever});
        else if (i == 3)
            call(Call::thread_sleep, {fake::platform().now + 1000});
        else if (i == 4)
            call(Call::endpoint_receive, {listening, make(Call::reply_create), forever});
        run(root());
    }
    EXPECT_EQ(visitors[0]->wait, Wait::call);
    EXPECT_EQ(visitors[4]->wait, Wait::receive);
    EXPECT_EQ(visitors[5]->wait, Wait::ready);
    call(Call::process_destroy, {b.slot, 0});
    advance(5000);
    for (auto const& each : visitors)
        expect_back(*each, a);
    expect_memory_back(b);
    EXPECT_TRUE(a.process->alive());
}

TEST_F(Visits, a_thread_whose_home_is_gone_finishes_its_visit) {
    Slot const ended = make(Call::notification_create);
    Slot const home = make(Call::process_create, {child_bytes, 0, 'h', 0, ended, group()});
    Member h;
    h.slot = home;
    h.process = root_process().table().find<Process>(home, 0).value();
    watch(h.process);
    h.begin = h.process->space().begin();
    add_thread(h);
    run(*h.thread);
    visit(*h.thread, h, b);
    make(Call::notification_create); // b's
    run(root());
    call(Call::process_destroy, {h.slot, 5});
    EXPECT_EQ(call(Call::notification_wait, {ended, 0}).error, Error::none) << "told at once";
    EXPECT_EQ(state(h), Process_state::killed);
    EXPECT_EQ(information(h.slot).threads, 1u);
    EXPECT_NE(walk(b.process->space().top(), h.begin + buffer_address), nullptr);
    EXPECT_EQ(shown(b, h.identity().number()).identity, 0u) << "nobody finds it any more";
    run(*h.thread);
    Slot const made = make(Call::notification_create);
    EXPECT_TRUE(b.process->table().find(made).ok()) << "it works for its host as before";
    EXPECT_EQ(come_back(*h.thread), 0u);
    fault();
    EXPECT_TRUE(h.thread->ended());
    expect_memory_back(h);
    EXPECT_EQ(walk(b.process->space().top(), h.begin + buffer_address), nullptr);
    EXPECT_TRUE(b.process->alive());
}

TEST_F(Visits, the_number_of_one_with_threads_abroad_is_not_free) {
    run(visitor);
    visit(visitor, a, b);
    run(root());
    call(Call::process_destroy, {a.slot, 0});
    Member const d = join('d');
    EXPECT_NE(d.identity().number(), a.identity().number());
    call(Call::process_destroy, {b.slot, 0});
    EXPECT_TRUE(visitor.ended()) << "it has nowhere to go on";
    EXPECT_EQ(join('e').identity().number(), a.identity().number());
}

TEST_F(Visits, the_last_of_three_dies_and_the_second_is_told) {
    run(visitor);
    visit(visitor, a, b);
    visit(visitor, b, c, 1);
    fault();
    expect_back(visitor, b, 1);
    EXPECT_EQ(information(self_process).member, b.identity().raw());
    EXPECT_EQ(come_back(visitor), a.begin + back);
}

TEST_F(Visits, the_second_of_three_dies_and_the_third_finishes) {
    run(visitor);
    visit(visitor, a, b);
    visit(visitor, b, c, 1);
    run(root());
    call(Call::process_destroy, {b.slot, 0});
    expect_memory_back(b);
    run(visitor);
    EXPECT_EQ(visitor.buffer().group_calls.depth, 2u);
    EXPECT_EQ(information(self_process).member, c.identity().raw());
    EXPECT_EQ(come_back(visitor), 0u);
    fault();
    expect_back(visitor, a);
    EXPECT_TRUE(a.process->alive());
    EXPECT_TRUE(c.process->alive());
}

TEST_F(Visits, the_first_and_the_last_of_three_die) {
    run(visitor);
    visit(visitor, a, b);
    visit(visitor, b, c, 1);
    run(root());
    call(Call::process_destroy, {a.slot, 0});
    call(Call::process_destroy, {c.slot, 0});
    expect_back(visitor, b, 1);
    run(visitor);
    EXPECT_EQ(come_back(visitor), 0u);
    fault();
    EXPECT_TRUE(visitor.ended());
    EXPECT_TRUE(b.process->alive());
}

TEST_F(Visits, one_that_is_called_back_dies) {
    run(visitor);
    visit(visitor, a, b);
    visit(visitor, b, a, 1);
    EXPECT_EQ(information(self_process).member, a.identity().raw());
    fault();
    expect_back(visitor, b, 1);
    run(root());
    EXPECT_EQ(state(a), Process_state::faulted);
    run(visitor);
    EXPECT_EQ(come_back(visitor), 0u);
    fault();
    EXPECT_TRUE(visitor.ended());
    expect_memory_back(a);
}

TEST_F(Visits, a_thread_that_is_ended_finishes_its_visit) {
    run(visitor);
    visit(visitor, a, b);
    run(root());
    call(Call::thread_destroy, {a.thread_slot});
    EXPECT_FALSE(visitor.ended());
    run(visitor);
    EXPECT_EQ(information(self_process).member, b.identity().raw());
    EXPECT_EQ(come_back(visitor), 0u);
    fault();
    EXPECT_TRUE(visitor.ended());
    EXPECT_TRUE(a.process->alive());
    EXPECT_TRUE(b.process->alive());
}

TEST_F(Visits, a_visitor_can_end_its_own_thread) {
    run(visitor);
    visit(visitor, a, b);
    visit(visitor, b, a, 1);
    call(Call::thread_destroy, {0});
    EXPECT_TRUE(visitor.ended());
    run(root());
    EXPECT_EQ(call(Call::thread_destroy, {a.thread_slot}).error, Error::none);
    EXPECT_TRUE(visitor.ended()) << "it stays so";
    EXPECT_TRUE(a.process->alive());
}

TEST_F(Visits, bad_places_to_come_back_to_are_passed_over) {
    run(visitor);
    visit(visitor, a, b);
    visit(visitor, b, c, 1);
    Group_calls& calls = visitor.buffer().group_calls;
    for (uint64_t const bad : {uint64_t{0}, a.begin + back, c.begin, user_end, ~uint64_t{0},
                               uint64_t{0xffff'8000'0000'0000}}) {
        calls.levels[1].instruction = bad;
        EXPECT_EQ(information(self_process).member, c.identity().raw());
    }
    fault();
    expect_back(visitor, a);
    EXPECT_TRUE(b.process->alive());
}

TEST_F(Visits, without_a_place_to_come_back_to_home_answers_for_a_fault) {
    run(visitor);
    visit(visitor, a, b);
    visitor.buffer().group_calls.levels[0].stack = b.begin;
    visitor.buffer().group_calls.levels[1].member = 99;
    fault();
    run(root());
    EXPECT_EQ(state(a), Process_state::faulted);
    EXPECT_EQ(state(b), Process_state::alive);
}

TEST_F(Visits, a_kill_without_a_place_to_come_back_to_ends_the_thread) {
    run(visitor);
    visit(visitor, a, b);
    visitor.buffer().group_calls.levels[0].instruction = 5;
    run(root());
    call(Call::process_destroy, {b.slot, 0});
    EXPECT_TRUE(visitor.ended());
    EXPECT_EQ(state(a), Process_state::alive);
}

TEST_F(Visits, a_visitor_may_end_home_and_host) {
    Slot const home = give(b, a.slot);
    run(visitor);
    visit(visitor, a, b);
    EXPECT_EQ(call(Call::process_destroy, {home, 0}).error, Error::none);
    EXPECT_EQ(current(), &visitor);
    call(Call::process_destroy, {self_process, 0});
    EXPECT_TRUE(visitor.ended());
    expect_memory_back(a);
    expect_memory_back(b);
}

TEST_F(Visits, members_that_visit_each_other_end_in_any_order) {
    for (unsigned i = 0; i < 2; ++i) {
        Thread& there = *(i ? b : a).thread;
        run(there);
        visit(there, i ? b : a, i ? a : b);
        run(root());
    }
    call(Call::process_destroy, {a.slot, 0});
    EXPECT_FALSE(a.thread->ended());
    expect_back(*b.thread, b);
    call(Call::process_destroy, {b.slot, 0});
    EXPECT_TRUE(a.thread->ended());
    EXPECT_TRUE(b.thread->ended());
}

} // namespace
} // namespace kernel
