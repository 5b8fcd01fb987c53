// SPDX-License-Identifier: MIT
// Accesses that memory protection must stop.
#include "x86-64/faults.hpp"

#include <string.h>

namespace {

using namespace conformance;
using namespace fault_code;

constexpr uint64_t not_canonical = 0x0000'8000'0000'0000;

void read(Words const& words) { static_cast<void>(read_byte(words[0])); }
void write(Words const& words) { write_byte(words[0], 0); }
void execute(Words const& words) { jump_to(words[0]); }

// A page fault at that address with this code.
void expect_page_fault(Place place, void (*function)(Words const&), uint64_t address,
                       uint64_t code) {
    auto const end = fault(function, {address});
    if (!expect_success(place, end.error(), "the fault"))
        return;
    expect_equal(place, "state", end.value().state, number(Process_state::faulted));
    expect_equal(place, "vector", end.value().status, vector::page_fault);
    expect_equal(place, "address", end.value().fault_address, address);
    expect_equal(place, "code", end.value().fault_code, code);
    if (function == execute)
        expect_equal(place, "instruction", end.value().fault_instruction, address);
}

int in_data = 1;
int const in_constants = 1;

TEST(fault, page_that_is_not_there) {
    for (uint64_t const address : {uint64_t{0}, uint64_t{8}, layout::free_begin, user_end - 1}) {
        expect_page_fault(HERE, read, address, user);
        expect_page_fault(HERE, write, address, user | fault_code::write);
        expect_page_fault(HERE, execute, address, user | fetch);
    }
}

TEST(fault, write_to_code_and_constants) {
    expect_page_fault(HERE, write, number(&read), user | present | fault_code::write);
    expect_page_fault(HERE, write, number(&in_constants), user | present | fault_code::write);
}

TEST(fault, execution_of_data) {
    uint64_t const code = user | present | fetch;
    expect_page_fault(HERE, execute, number(&in_data), code);
    expect_page_fault(HERE, execute, number(&in_constants), code);
    expect_page_fault(HERE, execute, layout::stack, code);
    expect_page_fault(HERE, execute, layout::buffer, code);
    expect_page_fault(HERE, execute, report_address, code);
}

// Xen's table of who has which frame. Where Xen keeps page tables of its own per processor (XPTI),
// user mode can read it, whatever the kernel asks for.
constexpr uint64_t machine_to_physical = 0xffff'8000'0000'0000;

void expect_out_of_reach(void (*access)(Words const&), uint64_t address) {
    auto const end = TAKE(fault(access, {address}));
    EXPECT(end.status == vector::page_fault || end.status == vector::general_protection);
    if (!EXPECT_EQUAL(end.state, Process_state::faulted))
        note("at %#llx", static_cast<unsigned long long>(address));
    if (end.status == vector::page_fault)
        EXPECT_EQUAL(end.fault_address, address);
}

TEST(fault, kernel_and_xen_are_out_of_reach) {
    for (uint64_t const address :
         {machine_to_physical, uint64_t{0xffff'8100'0000'0000}, uint64_t{0xffff'8200'0000'0000},
          uint64_t{0xffff'82d0'8020'0000}, uint64_t{0xffff'8300'0000'0000},
          uint64_t{0xffff'8800'0000'0000}, uint64_t{0xffff'8800'0000'1000},
          uint64_t{0xffff'ffff'8000'0000}, uint64_t{0xffff'ffff'8010'0000}, ~uint64_t{0}}) {
        if (address != machine_to_physical)
            expect_out_of_reach(read, address);
        expect_out_of_reach(write, address);
        expect_out_of_reach(execute, address);
    }
}

TEST(fault, addresses_that_are_not_canonical) {
    for (auto* const access : {read, write, execute}) {
        auto const end = TAKE(fault(access, {not_canonical}));
        EXPECT_EQUAL(end.state, Process_state::faulted);
        EXPECT_EQUAL(end.status, vector::general_protection);
    }
    EXPECT_FAULT(vector::general_protection, [](Words const&) { jump_to(0x7fff'ffff'ffff'ffff); });
    EXPECT_FAULT(Vectors{vector::stack_fault} | vector::general_protection, [](Words const&) {
        asm volatile("movq %0, %%rsp; pushq $1" ::"r"(not_canonical + 16));
    });
}

// NOLINTNEXTLINE(misc-no-recursion): overflowing the stack is what it is for
[[gnu::noinline]] int deeper(int volatile* above) {
    int volatile page[512];
    page[0] = *above + 1;
    return page[0] < 0 ? 0 : deeper(page) + page[0];
}

TEST(fault, stack_that_overflows_meets_its_guard) {
    auto const end = TAKE(fault([](Words const&) {
        int volatile start = 0;
        start = deeper(&start);
    }));
    EXPECT_EQUAL(end.state, Process_state::faulted);
    EXPECT_EQUAL(end.status, vector::page_fault);
    EXPECT(end.fault_address < layout::stack && end.fault_address >= layout::stack - page_size);
    EXPECT_EQUAL(end.fault_code, user | fault_code::write);
}

TEST(fault, read_only_memory) {
    auto const memory = MUST(memory_create, page_size);
    auto child = TAKE(Child::create());
    uint64_t const address = layout::free_begin;
    EXPECT_OK(memory_map, child.process().index(), memory, address, 0, page_size, read_only);
    TAKE(child.start(
        [](Words const& words) {
            static_cast<void>(read_byte(words[0]));
            write_byte(words[0], 1);
        },
        {address}));
    auto const end = TAKE(child.wait());
    EXPECT_EQUAL(end.fault_address, address);
    EXPECT_EQUAL(end.fault_code, user | present | fault_code::write);
}

TEST(fault, executable_memory_is_not_writable) {
    auto const memory = MUST(memory_create, page_size);
    auto child = TAKE(Child::create());
    uint64_t const address = layout::free_begin;
    EXPECT_OK(memory_map, child.process().index(), memory, address, 0, page_size, read_execute);
    TAKE(child.start([](Words const& words) { write_byte(words[0], 0xc3); }, {address}));
    EXPECT_EQUAL(TAKE(child.wait()).fault_code, user | present | fault_code::write);
}

TEST(fault, unmapped_memory) {
    auto const memory = MUST(memory_create, 20 * page_size);
    uint64_t const address = layout::free_begin;
    for (uint64_t const pages : {1UL, 20UL}) { // few translations are dropped singly, many at once
        auto child = TAKE(Child::create());
        EXPECT_OK(memory_map, child.process().index(), memory, address, 0, 20 * page_size,
                  read_write);
        TAKE(child.start(
            [](Words const& words) {
                for (uint64_t i = 0; i < words[1]; ++i)
                    write_byte(words[0] + i * page_size, 1);
                EXPECT_OK(memory_unmap, self_process, words[0], words[1] * page_size);
                write_byte(words[0], 1);
            },
            {address, pages}));
        auto const end = TAKE(child.wait());
        EXPECT_EQUAL(end.state, Process_state::faulted);
        EXPECT_EQUAL(end.fault_address, address);
        EXPECT_EQUAL(end.fault_code, user | fault_code::write);
    }
}

TEST(fault, memory_that_another_process_unmaps) {
    auto const memory = MUST(memory_create, page_size);
    auto child = TAKE(Child::create());
    uint64_t const address = layout::free_begin;
    EXPECT_OK(memory_map, child.process().index(), memory, address, 0, page_size, read_write);
    TAKE(child.start(
        [](Words const& words) {
            while (true)
                write_byte(words[0], 1);
        },
        {address}, inherited().priority - 1));
    sleep_for(5 * millisecond);
    EXPECT_OK(memory_unmap, child.process().index(), address, page_size);
    auto const end = TAKE(child.wait());
    EXPECT_EQUAL(end.state, Process_state::faulted);
    EXPECT_EQUAL(end.fault_address, address);
}

TEST(fault, code_written_through_another_mapping_runs) {
    uint64_t const writable = layout::fresh_addresses(page_size);
    uint64_t const executable = layout::fresh_addresses(page_size);
    auto const memory = MUST(memory_create, page_size);
    EXPECT_OK(memory_map, self_process, memory, writable, 0, page_size, read_write);
    EXPECT_OK(memory_map, self_process, memory, executable, 0, page_size, read_execute);
    write_byte(writable, 0xc3); // ret
    jump_to(executable);
}

// The instruction after the system call would be the first that is not in user space.
TEST(fault, system_call_at_the_end_of_user_space) {
    auto const memory = MUST(memory_create, page_size);
    uint64_t const writable = layout::fresh_addresses(page_size);
    EXPECT_OK(memory_map, self_process, memory, writable, 0, page_size, read_write);
    uint8_t const code[]{0x31, 0xc0, 0x0f, 0x05}; // xorl %eax, %eax; syscall
    memcpy(reinterpret_cast<void*>(writable + page_size - sizeof code), code, sizeof code);
    auto child = TAKE(Child::create());
    EXPECT_OK(memory_map, child.process().index(), memory, user_end - page_size, 0, page_size,
              read_execute);
    TAKE(child.start(execute, {user_end - sizeof code}));
    auto const end = TAKE(child.wait());
    EXPECT_EQUAL(end.state, Process_state::faulted);
    EXPECT_EQUAL(end.status, vector::page_fault);
    EXPECT_EQUAL(end.fault_instruction, user_end);
}

TEST(fault, ends_all_threads_of_its_process_and_no_other) {
    auto child = TAKE(Child::create());
    auto neighbour = TAKE(Child::create());
    TAKE(neighbour.start([](Words const&) {
        sleep_for(20 * millisecond);
        EXPECT_OK(null);
    }));
    TAKE(child.start([](Words const&) {
        Peer sleeping{[] { static_cast<void>(thread_sleep(forever)); }};
        Peer running{[] {
            while (true)
                asm volatile("");
        }};
        TAKE(sleeping.start());
        TAKE(running.start());
        sleep_for(2 * millisecond);
        write_byte(8, 0);
    }));
    auto const end = TAKE(child.wait());
    EXPECT_EQUAL(end.state, Process_state::faulted);
    EXPECT_EQUAL(end.threads, 0);
    EXPECT_EQUAL(TAKE(neighbour.wait()).state, Process_state::exited);
}

} // namespace
