// SPDX-License-Identifier: MIT
// Who answers for a process hears of its faults and decides what becomes of it.
#include "x86-64/faults.hpp"

#include <lavandin/fault_registers.hpp>

#include <string.h>

namespace {

using namespace conformance;

constexpr uint64_t go_on = 0;
constexpr uint64_t end_it = 1;
constexpr uint64_t badge = 0x77;
constexpr uint64_t nowhere = layout::free_begin;

// Somebody who answers for a child.
struct Handler {
    Capability_index endpoint, named, reply; // named: with a badge, and no right but to call
};

Result<Handler> make_handler() {
    auto const endpoint = TRY(endpoint_create());
    return Handler{endpoint, TRY(copy(endpoint, endpoint_permission::call, badge)),
                   TRY(reply_create())};
}

Result<void> answer_for(Child const& child, Handler const& handler) {
    return process_set_fault_endpoint(child.process().index(), handler.named);
}

Result<Endpoint_receive_out> next_fault(Handler const& handler) {
    return endpoint_receive(handler.endpoint, handler.reply, soon());
}

Result<void> answer(Handler const& handler, uint64_t label, uint64_t words = 0) {
    return endpoint_reply(handler.reply, Message_tag{static_cast<uint32_t>(label), words}, 0, 0, 0,
                          0);
}

Fault_registers registers() {
    Fault_registers registers;
    memcpy(&registers, message_buffer().words, sizeof registers);
    return registers;
}

Result<void> let_go_on_with(Handler const& handler, Fault_registers const& registers) {
    memcpy(message_buffer().words, &registers, sizeof registers);
    return answer(handler, go_on, Fault_registers::words);
}

void read_nowhere(Words const&) { static_cast<void>(read_byte(nowhere)); }

#define EXPECT_STATE(child, wanted) EXPECT_EQUAL(TAKE((child).wait()).state, Process_state::wanted)

TEST(fault_message, says_what_happened) {
    auto const handler = TAKE(make_handler());
    auto child = TAKE(Child::create());
    TAKE(answer_for(child, handler));
    TAKE(child.start([](Words const&) { write_byte(nowhere + 5, 1); }));
    auto const fault = TAKE(next_fault(handler));
    EXPECT(fault.tag.from_fault() && !fault.tag.from_notification());
    EXPECT_EQUAL(fault.tag.label(), 0);
    EXPECT_EQUAL(fault.tag.buffer_words(), Fault_registers::words);
    EXPECT_EQUAL(fault.badge, badge);
    EXPECT_EQUAL(fault.w0, vector::page_fault);
    EXPECT_EQUAL(fault.w1, fault_code::user | fault_code::write);
    EXPECT_EQUAL(fault.w2, nowhere + 5);
    EXPECT_EQUAL(fault.w3, registers().rip);
    EXPECT(registers().rsp > layout::stack &&
           registers().rsp < layout::stack + layout::stack_bytes);
    TAKE(answer(handler, end_it));
    auto const end = TAKE(child.wait());
    EXPECT_EQUAL(end.state, Process_state::faulted);
    EXPECT_EQUAL(end.status, vector::page_fault);
    EXPECT_EQUAL(end.fault_address, nowhere + 5);
    EXPECT_EQUAL(end.fault_instruction, fault.w3);
}

// All registers but the stack pointer hold what they are named by.
[[gnu::naked]] void fault_with_known_registers() {
    asm volatile("pushq %rbp; pushq %rbx; pushq %r12; pushq %r13; pushq %r14; pushq %r15\n"
                 "movl $1, %eax; movl $2, %ebx; movl $3, %ecx; movl $4, %edx; movl $5, %esi\n"
                 "movl $6, %edi; movl $7, %ebp; movl $8, %r8d; movl $9, %r9d; movl $10, %r10d\n"
                 "movl $11, %r11d; movl $12, %r12d; movl $13, %r13d; movl $14, %r14d\n"
                 "movl $15, %r15d; stc; ud2\n"
                 "jc 1f; cmpl $101, %eax; jne 1f; cmpl $103, %ecx; jne 1f; cmpl $111, %r11d\n"
                 "jne 1f; cmpl $115, %r15d; jne 1f; cmpl $107, %ebp; jne 1f\n"
                 "popq %r15; popq %r14; popq %r13; popq %r12; popq %rbx; popq %rbp; ret\n"
                 "1: hlt");
}

TEST(fault_message, carries_registers_both_ways) {
    auto const handler = TAKE(make_handler());
    auto child = TAKE(Child::create());
    TAKE(answer_for(child, handler));
    TAKE(child.start([](Words const&) { fault_with_known_registers(); }));
    EXPECT_EQUAL(TAKE(next_fault(handler)).w0, vector::invalid_opcode);
    auto at = registers();
    EXPECT(at.rax == 1 && at.rbx == 2 && at.rcx == 3 && at.rdx == 4 && at.rsi == 5 && at.rdi == 6);
    EXPECT(at.rbp == 7 && at.r8 == 8 && at.r9 == 9 && at.r10 == 10 && at.r11 == 11);
    EXPECT(at.r12 == 12 && at.r13 == 13 && at.r14 == 14 && at.r15 == 15);
    EXPECT_EQUAL(at.rflags & 1, 1); // carry
    at.rax = 101;
    at.rcx = 103;
    at.rbp = 107;
    at.r11 = 111;
    at.r15 = 115;
    at.rflags = 0; // also interrupts off, which it does not get
    at.rip += 2;   // behind ud2
    TAKE(let_go_on_with(handler, at));
    EXPECT_STATE(child, exited);
}

TEST(fault_message, wants_registers_that_user_mode_could_have) {
    auto const handler = TAKE(make_handler());
    auto child = TAKE(Child::create());
    TAKE(answer_for(child, handler));
    TAKE(child.start([](Words const&) { asm volatile("ud2"); }));
    TAKE(next_fault(handler));
    auto const good = registers();
    for (uint64_t const address : {user_end, uint64_t{0x0000'8000'0000'0000},
                                   uint64_t{0xffff'ffff'8000'0000}, ~uint64_t{0}}) {
        auto bad = good;
        bad.rip = address;
        EXPECT_ANSWER(invalid_argument, endpoint_reply, let_go_on_with(handler, bad).error());
    }
    EXPECT_ANSWER(invalid_argument, endpoint_reply, answer(handler, go_on, 1).error());
    EXPECT_ANSWER(invalid_argument, endpoint_reply,
                  answer(handler, go_on, Fault_registers::words + 1).error());
    EXPECT_ERROR(invalid_argument, endpoint_reply, handler.reply, (Message_tag{0, 0, 1}), 0, 0, 0,
                 0);
    auto behind = good;
    behind.rip += 2;
    behind.rflags = ~uint64_t{1 << 8}; // all but single steps
    TAKE(let_go_on_with(handler, behind));
    EXPECT_STATE(child, exited);
}

TEST(fault_message, breakpoints_and_single_steps) {
    auto const handler = TAKE(make_handler());
    auto child = TAKE(Child::create());
    TAKE(answer_for(child, handler));
    TAKE(child.start([](Words const&) { asm volatile("int3; nop; nop"); }));
    EXPECT_EQUAL(TAKE(next_fault(handler)).w0, vector::breakpoint);
    auto at = registers();
    uint64_t const first = at.rip;
    at.rflags |= 1 << 8;
    TAKE(let_go_on_with(handler, at));
    EXPECT_EQUAL(TAKE(next_fault(handler)).w0, vector::debug);
    EXPECT_EQUAL(registers().rip, first + 1);
    TAKE(answer(handler, go_on));
    EXPECT_EQUAL(TAKE(next_fault(handler)).w3, first + 2);
    at = registers();
    at.rflags &= ~uint64_t{1 << 8};
    TAKE(let_go_on_with(handler, at));
    EXPECT_STATE(child, exited);
}

// The message buffer is the thread's own, also while it is written.
TEST(fault_message, leaves_the_message_buffer_of_who_faults) {
    auto const handler = TAKE(make_handler());
    auto child = TAKE(Child::create());
    TAKE(answer_for(child, handler));
    TAKE(child.start([](Words const&) {
        for (uint64_t i = 0; i < maximum_buffer_words; ++i)
            message_buffer().words[i] = i + 1000;
        asm volatile("int3");
        for (uint64_t i = 0; i < maximum_buffer_words; ++i)
            EXPECT_EQUAL(message_buffer().words[i], i + 1000);
    }));
    TAKE(next_fault(handler));
    TAKE(answer(handler, go_on));
    EXPECT_STATE(child, exited);
}

TEST(fault_message, fault_that_nothing_was_done_about_comes_again) {
    auto const handler = TAKE(make_handler());
    auto child = TAKE(Child::create());
    TAKE(answer_for(child, handler));
    TAKE(child.start(read_nowhere));
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQUAL(TAKE(next_fault(handler)).w2, nowhere);
        TAKE(answer(handler, go_on));
    }
    EXPECT_OK(process_destroy, child.process().index(), 5);
    EXPECT_STATE(child, killed);
}

void expect_faulted_end(Child const& child) {
    auto const end = TAKE(child.wait());
    EXPECT_EQUAL(end.state, Process_state::faulted);
    EXPECT_EQUAL(end.fault_address, nowhere);
}

TEST(fault_message, handler_that_goes_ends_who_waits_for_it) {
    for (int const way : {0, 1, 2, 3, 4}) {
        auto const handler = TAKE(make_handler());
        auto child = TAKE(Child::create());
        TAKE(answer_for(child, handler));
        TAKE(child.start(read_nowhere));
        if (way < 2)
            TAKE(next_fault(handler));
        else
            EXPECT(others_wait()); // it is in line
        if (way == 0)
            EXPECT_OK(capability_delete, handler.reply);
        if (way == 1) // a new caller takes the reply object
            EXPECT_ERROR(timed_out, endpoint_receive, handler.endpoint, handler.reply, at_once);
        if (way == 2)
            EXPECT_OK(capability_delete, handler.endpoint);
        if (way == 3)
            EXPECT_OK(capability_revoke, handler.named);
        if (way == 4)
            EXPECT_OK(capability_revoke, handler.endpoint);
        expect_faulted_end(child);
    }
}

TEST(fault_message, handler_that_was_never_there_or_is_gone) {
    auto const handler = TAKE(make_handler());
    for (int const way : {0, 1, 2}) {
        auto child = TAKE(Child::create());
        if (way != 0)
            TAKE(answer_for(child, handler));
        if (way == 1)
            EXPECT_OK(process_set_fault_endpoint, child.process().index(), 0);
        if (way == 2)
            EXPECT_OK(capability_revoke, handler.named);
        TAKE(child.start(read_nowhere));
        expect_faulted_end(child);
    }
    auto child = TAKE(Child::create());
    TAKE(answer_for(child, handler));
    EXPECT_OK(capability_delete, handler.endpoint); // nobody can receive any more
    TAKE(child.start(read_nowhere));
    expect_faulted_end(child);
}

// The handler is a process that ends with the fault in its hands.
TEST(fault_message, handler_that_dies_in_mid_fault) {
    for (uint64_t const way : {0U, 1U}) {
        auto const endpoint = MUST(endpoint_create);
        auto const weak = TAKE(copy(endpoint, endpoint_permission::call));
        auto server = TAKE(Child::create());
        auto const slot = TAKE(server.give(endpoint));
        EXPECT_OK(capability_delete, endpoint);
        TAKE(server.start(
            [](Words const& words) {
                EXPECT_OK(endpoint_receive, static_cast<Capability_index>(words[0]),
                          MUST(reply_create), soon());
                if (words[1] == 0)
                    write_byte(8, 0);
            },
            {slot, way}));
        auto child = TAKE(Child::create());
        EXPECT_OK(process_set_fault_endpoint, child.process().index(), weak);
        TAKE(child.start(read_nowhere));
        expect_faulted_end(child);
        TAKE(server.wait());
    }
}

TEST(fault_message, several_threads_wait_for_their_answers) {
    auto const handler = TAKE(make_handler());
    auto child = TAKE(Child::create());
    TAKE(answer_for(child, handler));
    TAKE(child.start([](Words const&) {
        Peer a{[] { asm volatile("int3"); }};
        Peer b{[] { asm volatile("int3"); }};
        TAKE(a.start());
        TAKE(b.start());
        EXPECT(a.wait() && b.wait());
    }));
    auto const second = MUST(reply_create);
    TAKE(next_fault(handler));
    EXPECT_OK(endpoint_receive, handler.endpoint, second, soon());
    TAKE(answer_with(second, 0));
    TAKE(answer(handler, go_on));
    EXPECT_STATE(child, exited);
}

TEST(fault_message, thread_and_process_may_end_while_they_wait_for_the_answer) {
    auto const handler = TAKE(make_handler());
    for (bool const held : {false, true}) {
        for (bool const whole : {false, true}) {
            auto child = TAKE(Child::create());
            TAKE(answer_for(child, handler));
            TAKE(child.start(read_nowhere));
            EXPECT(others_wait());
            if (held)
                TAKE(next_fault(handler));
            if (whole)
                EXPECT_OK(process_destroy, child.process().index(), 0);
            else
                EXPECT_OK(thread_destroy, child.thread().index());
            EXPECT_ANSWER(no_caller, endpoint_reply, answer(handler, go_on).error());
            EXPECT_ERROR(timed_out, endpoint_receive, handler.endpoint, handler.reply, at_once);
        }
    }
}

// A thread may answer for others of its process.
TEST(fault_message, process_that_answers_for_itself) {
    auto child = TAKE(Child::create());
    TAKE(child.start([](Words const&) {
        auto const endpoint = MUST(endpoint_create);
        auto const reply = MUST(reply_create);
        EXPECT_OK(process_set_fault_endpoint, self_process, endpoint);
        Peer faulting{[] { asm volatile("int3"); }};
        TAKE(faulting.start());
        EXPECT(MUST(endpoint_receive, endpoint, reply, soon()).tag.from_fault());
        TAKE(answer_with(reply, 0));
        EXPECT(faulting.wait());
        Peer hopeless{[] { asm volatile("ud2"); }};
        TAKE(hopeless.start());
        EXPECT_OK(endpoint_receive, endpoint, reply, soon());
        static_cast<void>(endpoint_reply(reply, Message_tag{end_it, 0}, 0, 0, 0, 0));
        static_cast<void>(thread_sleep(forever));
    }));
    auto const end = TAKE(child.wait());
    EXPECT_EQUAL(end.state, Process_state::faulted);
    EXPECT_EQUAL(end.status, vector::invalid_opcode);
}

// A caller cannot pretend to be the kernel.
TEST(fault_message, nobody_else_can_send_one) {
    auto const endpoint = MUST(endpoint_create);
    for (uint64_t const words : {uint64_t{0}, Fault_registers::words})
        EXPECT_ERROR(invalid_argument, endpoint_call, endpoint, Message_tag::fault(words), 0, 0, 0,
                     0);
}

TEST(fault_message, lends_the_priority_of_who_faulted) {
    auto const handler = TAKE(make_handler());
    auto child = TAKE(Child::create());
    TAKE(answer_for(child, handler));
    bool stop = false;
    Peer server{[&] {
        TAKE(next_fault(handler));
        TAKE(answer(handler, go_on));
    }};
    Peer middle{[&] {
        while (!__atomic_load_n(&stop, __ATOMIC_ACQUIRE))
            asm volatile("");
    }};
    TAKE(server.start(inherited().priority - 3));
    EXPECT(others_wait());
    TAKE(middle.start(inherited().priority - 2));
    TAKE(child.start([](Words const&) { asm volatile("int3"); }));
    EXPECT_STATE(child, exited);
    __atomic_store_n(&stop, true, __ATOMIC_RELEASE);
    EXPECT(middle.wait() && server.wait());
}

TEST(fault_message, set_fault_endpoint_refuses) {
    auto const handler = TAKE(make_handler());
    auto const process = TAKE(empty_process());
    auto const weak = TAKE(copy(process, process_permission::read));
    auto const deaf = TAKE(copy(handler.endpoint, endpoint_permission::receive));
    EXPECT_ERROR(invalid_capability, process_set_fault_endpoint, empty_slot, handler.named);
    EXPECT_ERROR(invalid_capability, process_set_fault_endpoint, process, empty_slot);
    EXPECT_ERROR(wrong_type, process_set_fault_endpoint, handler.named, handler.named);
    EXPECT_ERROR(wrong_type, process_set_fault_endpoint, process, handler.reply);
    EXPECT_ERROR(permission_denied, process_set_fault_endpoint, weak, handler.named);
    EXPECT_ERROR(permission_denied, process_set_fault_endpoint, process, deaf);
    EXPECT_OK(process_set_fault_endpoint, process, handler.named);
    EXPECT_OK(process_set_fault_endpoint, process, handler.endpoint);
    EXPECT_ERROR(peer_died, process_set_fault_endpoint, TAKE(ended_process()), handler.named);
}

} // namespace
