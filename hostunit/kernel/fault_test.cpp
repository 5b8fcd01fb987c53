// SPDX-License-Identifier: MIT
// Faults and who answers for them.
#include "ipc_fixture.hpp"
#include <cstring>

namespace kernel {
namespace {

using namespace abi;

constexpr Fault page_fault{14, 6, 0x4000, "page fault"};

// The client of the fixture faults; the server answers for it.
class Faults : public Ipc {
protected:
    Faults() {
        run(root());
        endpoint = make(Call::endpoint_create);
        of_server = give(server, endpoint);
        for_faults =
            make(Call::capability_copy, {self_process, endpoint, endpoint_permission::call, 9});
        set(for_faults);
    }

    void set(Slot slot) {
        run(root());
        EXPECT_EQ(call(Call::process_set_fault_endpoint, {client.slot, slot}).error, Error::none);
    }
    void fault() {
        run(*client.thread);
        enter([] { thread_faulted(page_fault); });
    }
    void receive_fault(uint64_t deadline = forever) {
        run(*server.thread);
        call(Call::endpoint_receive, {of_server, reply, deadline});
    }
    Error answer(uint64_t answer_tag) {
        run(*server.thread);
        return call(Call::endpoint_reply, {reply, answer_tag, 0, 0, 0, 0}).error;
    }
    // Whoever is found to have nobody that answers ends when it comes to run.
    void expect_faulted() {
        for (int i = 0; i < 10 && client.process->alive(); ++i)
            call(Call::thread_yield);
        Process_information information{};
        client.process->describe(information);
        EXPECT_EQ(information.state, static_cast<uint64_t>(Process_state::faulted));
        EXPECT_EQ(information.status, page_fault.vector);
        EXPECT_EQ(information.fault_address, page_fault.address);
    }

    Slot endpoint, of_server, for_faults;
};

TEST_F(Faults, come_as_messages_and_leave_registers_and_buffer) {
    run(*client.thread);
    auto const before = client.thread->registers();
    client.thread->buffer().words[0] = 77;
    receive_fault();
    fault();
    EXPECT_EQ(current(), server.thread.get());
    Answer const message = answer_of(*server.thread);
    EXPECT_EQ(message.error, Error::none);
    EXPECT_EQ(message[0], 9u);
    EXPECT_TRUE(Message_tag{message[1]}.from_fault());
    EXPECT_EQ(message[2], page_fault.vector);
    EXPECT_EQ(message[3], page_fault.code);
    EXPECT_EQ(message[4], page_fault.address);
    EXPECT_EQ(message[5], before.instruction_pointer());
    EXPECT_EQ(answer(0), Error::none);
    EXPECT_EQ(client.thread->buffer().words[0], 77u);
    EXPECT_EQ(std::memcmp(&before, &client.thread->registers(), sizeof before), 0);
    run(*client.thread);
}

TEST_F(Faults, wait_in_line_like_calls) {
    fault();
    EXPECT_EQ(client.thread->wait, Wait::call);
    receive_fault();
    EXPECT_TRUE(Message_tag{answer_of(*server.thread)[1]}.from_fault());
    EXPECT_EQ(client.thread->wait, Wait::answer);
    EXPECT_EQ(answer(0), Error::none);
    run(*client.thread);
}

TEST_F(Faults, any_other_answer_ends_the_process) {
    fault();
    receive_fault();
    EXPECT_EQ(answer(tag(1)), Error::none);
    expect_faulted();
}

TEST_F(Faults, an_answer_that_is_refused_can_be_given_again) {
    fault();
    receive_fault();
    EXPECT_EQ(answer(tag(0, 3)), Error::invalid_argument);
    EXPECT_EQ(answer(tag(0, 0, 1)), Error::invalid_argument);
    auto& words = server.thread->buffer().words;
    words[16] = user_end;
    EXPECT_EQ(answer(tag(0, arch::Registers::fault_words)), Error::invalid_argument);
    words[16] = 0x12345;
    words[7] = 0xabcd;
    words[17] = ~uint64_t{0};
    EXPECT_EQ(answer(tag(0, arch::Registers::fault_words)), Error::none);
    auto& registers = client.thread->registers();
    EXPECT_EQ(registers.instruction_pointer(), 0x12345u);
    EXPECT_EQ(registers.stack_pointer(), 0xabcdu);
    uint64_t now[arch::Registers::fault_words];
    registers.copy_out(now);
    EXPECT_EQ(now[17] & 0x27202, 0x202u) << "no I/O privilege, no nested task, no resume flag";
}

TEST_F(Faults, nobody_to_answer_ends_the_process_at_once) {
    set(0);
    fault();
    expect_faulted();
}

TEST_F(Faults, a_handler_that_ends_with_the_fault_in_its_hands) {
    fault();
    receive_fault();
    run(*server.thread);
    call(Call::process_destroy, {self_process, 0});
    expect_faulted();
}

TEST_F(Faults, a_capability_that_is_revoked_while_the_fault_waits) {
    fault();
    run(root());
    call(Call::capability_revoke, {for_faults});
    expect_faulted();
}

TEST_F(Faults, a_capability_that_is_revoked_while_it_is_held) {
    fault();
    receive_fault();
    run(root());
    call(Call::capability_revoke, {for_faults});
    EXPECT_EQ(client.thread->wait, Wait::answer) << "who has it may answer it";
    EXPECT_EQ(answer(0), Error::none);
    fault();
    expect_faulted();
}

TEST_F(Faults, revoking_one_of_two_bindings_leaves_the_other) {
    run(root());
    Slot const bell = make(Call::notification_create);
    Slot const given =
        make(Call::capability_copy, {self_process, bell, notification_permission::signal, 4});
    Slot const made = make(Call::process_create, {child_bytes, 0, 97, 0, given, 0});
    auto const process = root_process().table().find<Process>(made, 0).value();
    watch(process);
    call(Call::process_set_fault_endpoint, {made, for_faults});
    call(Call::capability_revoke, {for_faults});
    call(Call::process_destroy, {made, 0});
    EXPECT_EQ(call(Call::notification_wait, {bell, at_once})[0], 4u);
}

// Each answers for the next, and the first of them ends: the end of one is not made inside that of
// another.
TEST_F(Faults, a_long_chain_of_handlers_ends_on_a_small_stack) {
    constexpr unsigned count = 60;
    run(root());
    std::vector<Child> chain;
    std::vector<Slot> endpoints;
    for (unsigned i = 0; i < count; ++i) {
        chain.push_back(spawn(48 * 1024));
        endpoints.push_back(make(Call::endpoint_create));
        give(chain[i], endpoints[i]);
        if (i > 0) {
            Slot const weak = make(Call::capability_copy,
                                   {self_process, endpoints[i - 1], endpoint_permission::call, 0});
            call(Call::process_set_fault_endpoint, {chain[i].slot, weak});
        }
    }
    for (Slot const slot : endpoints)
        call(Call::capability_delete, {slot});
    for (unsigned i = 1; i < count; ++i) {
        run(*chain[i].thread);
        enter([] { thread_faulted(page_fault); });
    }
    run(root());
    fake::platform().deepest_stack = 0;
    call(Call::process_destroy, {chain[0].slot, 0});
    for (unsigned i = 0; i < 4 * count; ++i) // three others are ready as well
        call(Call::thread_yield);
    for (auto const& child : chain)
        EXPECT_FALSE(child.process->alive());
    EXPECT_LT(fake::platform().deepest_stack, 8192u);
}

} // namespace
} // namespace kernel
