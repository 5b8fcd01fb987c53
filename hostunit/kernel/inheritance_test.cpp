// SPDX-License-Identifier: MIT
// Priorities lent along calls. Threads meet as equals and get priorities of their own afterwards.
#include "inheritance_oracle.hpp"
#include "kernel_test.hpp"

namespace kernel {
namespace {

using namespace abi;

constexpr unsigned high = default_priority;

class Inheritance : public Kernel_test {
protected:
    // A process with a thread that has an endpoint and a reply object, and that may call others.
    struct Node {
        Child child;
        Slot endpoint, reply;
        std::vector<Slot> others;

        Thread& thread() const { return *child.thread; }
    };

    explicit Inheritance(unsigned count = 5) {
        std::vector<Slot> endpoints;
        for (unsigned i = 0; i < count; ++i) {
            nodes.push_back({spawn(48 * 1024), 0, 0, {}});
            endpoints.push_back(make(Call::endpoint_create));
        }
        for (unsigned i = 0; i < count; ++i) {
            Node& node = nodes[i];
            for (Slot const endpoint : endpoints)
                node.others.push_back(give(node.child, endpoint, endpoint_permission::call));
            node.endpoint = give(node.child, endpoints[i]);
            Slot const reply = make(Call::reply_create);
            node.reply = give(node.child, reply);
            call(Call::capability_delete, {reply});
        }
        for (Slot const endpoint : endpoints)
            call(Call::capability_delete, {endpoint});
    }

    void receive(unsigned node) {
        run(nodes[node].thread());
        call(Call::endpoint_receive, {nodes[node].endpoint, nodes[node].reply, forever});
    }
    // The message is the caller's number. `deadline`: 0 for none.
    void send(unsigned from, unsigned to, Time deadline = 0) {
        run(nodes[from].thread());
        nodes[from].thread().buffer().deadline = deadline;
        Message_tag const tag = deadline ? Message_tag{}.with_deadline() : Message_tag{};
        call(Call::endpoint_call, {nodes[from].others[to], tag.raw(), from});
    }
    void answer(unsigned node) {
        run(nodes[node].thread());
        EXPECT_EQ(call(Call::endpoint_reply, {nodes[node].reply, 0}).error, Error::none);
        expect_consistent();
    }
    uint64_t message(unsigned node) { return answer_of(nodes[node].thread())[2]; }

    // Node 0 calls 1, which calls 2, and so on.
    void make_chain(unsigned count) {
        for (unsigned i = count; i-- > 1;)
            receive(i);
        for (unsigned i = 0; i + 1 < count; ++i)
            send(i, i + 1);
        expect_consistent();
    }

    void set(unsigned node, unsigned priority) {
        run(root());
        EXPECT_EQ(call(Call::thread_set_priority, {nodes[node].child.thread_slot, priority}).error,
                  Error::none);
        expect_consistent();
    }
    // Each thread behind node 0 gets its number as its own priority.
    void lower_all_but_the_first(unsigned count) {
        for (unsigned i = 1; i < count; ++i)
            set(i, i);
    }
    unsigned priority(unsigned node) { return nodes[node].thread().priority(); }

    void expect_consistent() {
        std::vector<Ref<Thread>> threads{Ref<Thread>{root()}};
        for (Node const& node : nodes)
            threads.push_back(node.child.thread);
        expect_priorities(threads);
    }

    std::vector<Node> nodes;
};

TEST_F(Inheritance, who_serves_runs_at_its_callers_priority_until_it_answers) {
    make_chain(2);
    set(1, 3);
    EXPECT_EQ(priority(1), high);
    answer(1);
    EXPECT_EQ(priority(1), 3u);
}

TEST_F(Inheritance, a_middle_thread_does_not_run_instead) {
    for (unsigned i = 2; i < 5; ++i)
        set(i, 2);
    make_chain(2);
    set(1, 3);
    set(4, 9);
    call(Call::thread_sleep, {forever});
    EXPECT_EQ(current(), &nodes[1].thread());
    call(Call::endpoint_reply, {nodes[1].reply, 0});
    EXPECT_EQ(current(), &nodes[0].thread());
    call(Call::thread_sleep, {forever});
    EXPECT_EQ(current(), &nodes[4].thread()) << "the server is what it was";
}

// Node 0 holds the call of 1 when 2 comes.
TEST_F(Inheritance, one_in_line_lends_to_who_receives_there) {
    receive(0);
    send(1, 0);
    send(2, 0);
    set(0, 1);
    set(1, 2);
    EXPECT_EQ(priority(0), high);
    answer(0);
    EXPECT_EQ(priority(0), high) << "the other one still waits";
    receive(0);
    EXPECT_EQ(message(0), 2u);
    EXPECT_EQ(priority(0), high);
    answer(0);
    EXPECT_EQ(priority(0), 1u);
}

TEST_F(Inheritance, the_next_receiver_is_lent_to_when_the_first_ends) {
    run(root());
    Child const second = spawn_thread(nodes[0].child, 1);
    Slot const reply = make(Call::reply_create);
    Slot const given = give(nodes[0].child, reply);
    receive(0);
    run(*second.thread);
    call(Call::endpoint_receive, {nodes[0].endpoint, given, forever});
    send(1, 0);
    send(2, 0);
    send(3, 0);
    set(0, 1);
    call(Call::thread_set_priority, {second.thread_slot, 2});
    set(1, 3);
    set(2, 4);
    EXPECT_EQ(priority(0), high);
    EXPECT_EQ(second.thread->priority(), 4u);
    call(Call::thread_destroy, {nodes[0].child.thread_slot});
    EXPECT_EQ(second.thread->priority(), high);
}

TEST_F(Inheritance, follows_a_chain_and_is_undone_by_the_answers) {
    make_chain(4);
    lower_all_but_the_first(4);
    for (unsigned i = 1; i < 4; ++i)
        EXPECT_EQ(priority(i), high);
    answer(3);
    EXPECT_EQ(priority(3), 3u);
    EXPECT_EQ(priority(2), high);
    answer(2);
    EXPECT_EQ(priority(2), 2u);
    answer(1);
    EXPECT_EQ(priority(1), 1u);
}

TEST_F(Inheritance, follows_a_caller_whose_priority_changes) {
    make_chain(4);
    lower_all_but_the_first(4);
    set(0, 7);
    EXPECT_EQ(priority(3), 7u);
    set(2, 10);
    EXPECT_EQ(priority(1), 7u);
    EXPECT_EQ(priority(3), 10u);
    set(0, 12);
    EXPECT_EQ(priority(3), 12u);
    set(0, 1);
    EXPECT_EQ(priority(1), 1u);
    EXPECT_EQ(priority(3), 10u);
}

TEST_F(Inheritance, ends_with_the_deadline) {
    receive(2);
    receive(1);
    send(0, 1, fake::platform().now + 500);
    send(1, 2);
    lower_all_but_the_first(3);
    EXPECT_EQ(priority(2), high);
    advance(500);
    EXPECT_EQ(priority(1), 1u);
    EXPECT_EQ(priority(2), 2u);
    expect_consistent();
    run(nodes[0].thread());
    EXPECT_EQ(answer_of(nodes[0].thread()).error, Error::timed_out);
}

TEST_F(Inheritance, ends_with_the_caller) {
    make_chain(3);
    lower_all_but_the_first(3);
    call(Call::thread_destroy, {nodes[0].child.thread_slot});
    EXPECT_EQ(priority(1), 1u);
    EXPECT_EQ(priority(2), 2u);
    expect_consistent();
}

TEST_F(Inheritance, ends_behind_a_thread_that_ends_in_mid_chain) {
    make_chain(4);
    lower_all_but_the_first(4);
    call(Call::thread_destroy, {nodes[2].child.thread_slot});
    EXPECT_EQ(priority(3), 3u);
    EXPECT_EQ(priority(1), high) << "the reply object is still there, and who waits for it";
    expect_consistent();
}

TEST_F(Inheritance, ends_behind_a_process_that_ends_in_mid_chain) {
    make_chain(4);
    lower_all_but_the_first(4);
    call(Call::process_destroy, {nodes[2].child.slot, 0});
    EXPECT_EQ(answer_of(nodes[1].thread()).error, Error::peer_died);
    EXPECT_EQ(priority(3), 3u);
    EXPECT_EQ(priority(1), high) << "it is to answer the first";
    expect_consistent();
}

TEST_F(Inheritance, ends_with_the_reply_object) {
    make_chain(3);
    lower_all_but_the_first(3);
    run(nodes[2].thread());
    call(Call::capability_delete, {nodes[2].reply});
    EXPECT_EQ(priority(2), 2u);
    EXPECT_EQ(priority(1), high);
    expect_consistent();
}

TEST_F(Inheritance, callers_stand_in_line_by_priority) {
    for (unsigned i = 1; i < 5; ++i)
        send(i, 0);
    set(2, 9);
    set(4, 5);
    set(1, 5);
    set(3, 12);
    set(3, 2);
    EXPECT_EQ(priority(0), high);
    for (uint64_t const expected : {2U, 4U, 1U, 3U}) {
        receive(0);
        EXPECT_EQ(message(0), expected);
        answer(0);
    }
}

// Nobody can be lent more than others have of their own.
TEST_F(Inheritance, gives_no_right_to_give_priorities) {
    make_chain(2);
    set(1, 3);
    run(nodes[1].thread());
    EXPECT_EQ(call(Call::thread_set_priority, {0, 4}).error, Error::invalid_argument);
    EXPECT_EQ(call(Call::thread_create,
                   {self_process, 0x10000, 0x20000, 0, 4, buffer_address + page_size})
                  .error,
              Error::invalid_argument);
    EXPECT_EQ(call(Call::thread_set_priority, {0, 2}).error, Error::none);
    EXPECT_EQ(priority(1), high);
}

TEST_F(Inheritance, a_thread_may_wait_for_itself) {
    receive(0);
    send(1, 0);
    send(0, 0);
    set(0, 3);
    set(1, 2);
    EXPECT_EQ(priority(0), high) << "it lends to itself what it was lent";
    call(Call::thread_destroy, {nodes[0].child.thread_slot});
    expect_consistent();
}

TEST_F(Inheritance, threads_may_wait_for_each_other) {
    receive(1);
    send(0, 1);
    receive(2);
    send(1, 2, fake::platform().now + 100);
    send(2, 1);
    set(1, 4);
    set(2, 3);
    set(0, 2);
    expect_consistent();
    advance(100); // 1 gives up and can answer
    EXPECT_EQ(priority(2), 3u);
    EXPECT_EQ(priority(1), 4u);
    expect_consistent();
}

class Long_inheritance : public Inheritance {
protected:
    static constexpr unsigned count = longest_chain + 4;
    Long_inheritance() : Inheritance{count} {}

    // Without an oracle, which knows no end of the chain.
    void own_priority(unsigned node, unsigned priority) {
        run(root());
        call(Call::thread_set_priority, {nodes[node].child.thread_slot, priority});
    }
};

TEST_F(Long_inheritance, reaches_as_far_as_it_says_and_leaves_nothing) {
    make_chain(count);
    for (unsigned i = 0; i < count; ++i)
        own_priority(i, 2);
    own_priority(0, 9);
    EXPECT_EQ(priority(longest_chain - 1), 9u);
    EXPECT_EQ(priority(longest_chain), 2u);
    for (unsigned i = count; i-- > 1;) {
        own_priority(i, high);
        run(nodes[i].thread());
        call(Call::endpoint_reply, {nodes[i].reply, 0});
        own_priority(i, 2);
        EXPECT_EQ(priority(i), 2u);
    }
}

} // namespace
} // namespace kernel
