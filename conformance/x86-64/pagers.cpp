// SPDX-License-Identifier: MIT
// Pagers: receivers of faults that map what is missing and let the thread go on.
#include "x86-64/faults.hpp"

namespace {

using namespace conformance;

constexpr uint64_t base = layout::free_begin;
constexpr uint64_t pages = 8;

// Serves `count` faults in [base, base + pages), each by one page of `memory`.
void page_in(Capability_index endpoint, Capability_index process, Capability_index memory,
             uint64_t count) {
    auto const reply = MUST(reply_create);
    for (uint64_t i = 0; i < count; ++i) {
        auto const fault = MUST(endpoint_receive, endpoint, reply, soon());
        EXPECT_EQUAL(fault.w0, vector::page_fault);
        EXPECT(fault.w2 >= base && fault.w2 < base + pages * page_size);
        uint64_t const page = fault.w2 / page_size * page_size;
        bool const writes = (fault.w1 & fault_code::write) != 0;
        if (fault.w1 & fault_code::present) // it may be read so far
            EXPECT_OK(memory_unmap, process, page, page_size);
        EXPECT_OK(memory_map, process, memory, page, page - base, page_size,
                  writes ? read_write : read_only);
        TAKE(answer_with(reply, 0));
    }
    EXPECT_OK(capability_delete, reply);
}

TEST(pager, maps_what_is_read_and_what_is_written) {
    auto const endpoint = MUST(endpoint_create);
    auto const memory = MUST(memory_create, pages * page_size);
    uint64_t const here = layout::fresh_addresses(pages * page_size);
    EXPECT_OK(memory_map, self_process, memory, here, 0, pages * page_size, read_write);
    for (uint64_t i = 0; i < pages; ++i)
        write_byte(here + i * page_size, static_cast<uint8_t>(i + 1));
    auto child = TAKE(Child::create());
    EXPECT_OK(process_set_fault_endpoint, child.process().index(), endpoint);
    TAKE(child.start([](Words const&) {
        for (uint64_t i = 0; i < pages; ++i)
            EXPECT_EQUAL(read_byte(base + i * page_size), i + 1);
        for (uint64_t i = 0; i < pages; ++i)
            write_byte(base + i * page_size, static_cast<uint8_t>(i + 101));
        for (uint64_t i = 0; i < pages; ++i)
            EXPECT_EQUAL(read_byte(base + i * page_size), i + 101);
    }));
    page_in(endpoint, child.process().index(), memory, 2 * pages);
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
    for (uint64_t i = 0; i < pages; ++i)
        EXPECT_EQUAL(read_byte(here + i * page_size), i + 101);
}

TEST(pager, several_threads_fault_at_the_same_page) {
    auto const endpoint = MUST(endpoint_create);
    auto const memory = MUST(memory_create, page_size);
    auto child = TAKE(Child::create());
    EXPECT_OK(process_set_fault_endpoint, child.process().index(), endpoint);
    TAKE(child.start([](Words const&) {
        Peer a{[] { EXPECT_EQUAL(read_byte(base), 0); }};
        Peer b{[] { EXPECT_EQUAL(read_byte(base), 0); }};
        TAKE(a.start());
        TAKE(b.start());
        EXPECT(a.wait() && b.wait());
    }));
    auto const first = MUST(reply_create);
    auto const second = MUST(reply_create);
    EXPECT_OK(endpoint_receive, endpoint, first, soon());
    EXPECT_OK(endpoint_receive, endpoint, second, soon());
    EXPECT_OK(memory_map, child.process().index(), memory, base, 0, page_size, read_only);
    TAKE(answer_with(first, 0));
    TAKE(answer_with(second, 0));
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
}

// Code comes on demand, too: the first fetch of each page faults.
TEST(pager, maps_what_is_executed) {
    auto const endpoint = MUST(endpoint_create);
    auto const memory = MUST(memory_create, page_size);
    uint64_t const here = layout::fresh_addresses(page_size);
    EXPECT_OK(memory_map, self_process, memory, here, 0, page_size, read_write);
    write_byte(here, 0xc3); // ret
    auto child = TAKE(Child::create());
    EXPECT_OK(process_set_fault_endpoint, child.process().index(), endpoint);
    TAKE(child.start([](Words const&) { jump_to(base); }));
    auto const reply = MUST(reply_create);
    EXPECT_EQUAL(MUST(endpoint_receive, endpoint, reply, soon()).w1,
                 fault_code::user | fault_code::fetch);
    EXPECT_OK(memory_map, child.process().index(), memory, base, 0, page_size, read_execute);
    TAKE(answer_with(reply, 0));
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
}

// The pager's own counter lies in memory that somebody else pages in.
TEST(pager, that_is_paged_by_another) {
    auto const outer = MUST(endpoint_create);
    auto const inner = MUST(endpoint_create);
    auto const memory = MUST(memory_create, pages * page_size);
    auto const counter = MUST(memory_create, page_size);
    auto pager = TAKE(Child::create());
    auto child = TAKE(Child::create());
    EXPECT_OK(process_set_fault_endpoint, pager.process().index(), outer);
    EXPECT_OK(process_set_fault_endpoint, child.process().index(), inner);
    auto const its_endpoint = TAKE(pager.give(inner));
    auto const its_child = TAKE(pager.give(child.process().index()));
    auto const its_memory = TAKE(pager.give(memory));
    EXPECT_OK(capability_delete, inner);
    TAKE(pager.start(
        [](Words const& words) {
            auto const slot = [&](unsigned i) { return static_cast<Capability_index>(words[i]); };
            for (uint64_t i = 0; i < pages; ++i) {
                auto volatile& count = *reinterpret_cast<uint64_t volatile*>(base);
                count = count + 1;
                page_in(slot(0), slot(1), slot(2), 1);
            }
        },
        {its_endpoint, its_child, its_memory}));
    TAKE(child.start([](Words const&) {
        for (uint64_t i = 0; i < pages; ++i)
            write_byte(base + i * page_size, 1);
    }));
    page_in(outer, pager.process().index(), counter, 2); // to read it, and to write it
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
    EXPECT_EQUAL(TAKE(pager.wait()).state, Process_state::exited);
}

// A chain of pagers breaks at its far end; nobody hangs.
TEST(pager, whose_own_pager_ends_it) {
    auto const outer = MUST(endpoint_create);
    auto const inner = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    auto pager = TAKE(Child::create());
    auto child = TAKE(Child::create());
    EXPECT_OK(process_set_fault_endpoint, pager.process().index(), outer);
    EXPECT_OK(process_set_fault_endpoint, child.process().index(), inner);
    auto const its_endpoint = TAKE(pager.give(inner));
    EXPECT_OK(capability_delete, inner);
    TAKE(pager.start(
        [](Words const& words) {
            EXPECT_OK(endpoint_receive, static_cast<Capability_index>(words[0]), MUST(reply_create),
                      soon());
            write_byte(base, 0);
        },
        {its_endpoint}));
    TAKE(child.start([](Words const&) { write_byte(base, 1); }));
    EXPECT_OK(endpoint_receive, outer, reply, soon());
    EXPECT_OK(endpoint_reply, reply, (Message_tag{1, 0}), 0, 0, 0, 0);
    EXPECT_EQUAL(TAKE(pager.wait()).state, Process_state::faulted);
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::faulted);
}

// Without *control* of the process a handler of faults can do nothing but answer.
TEST(pager, needs_control_of_the_process) {
    auto const endpoint = MUST(endpoint_create);
    auto const reply = MUST(reply_create);
    auto const memory = MUST(memory_create, page_size);
    auto child = TAKE(Child::create());
    auto const weak = TAKE(copy(child.process().index(), process_permission::read));
    EXPECT_OK(process_set_fault_endpoint, child.process().index(), endpoint);
    TAKE(child.start([](Words const&) { write_byte(base, 1); }));
    EXPECT_OK(endpoint_receive, endpoint, reply, soon());
    EXPECT_ERROR(permission_denied, memory_map, weak, memory, base, 0, page_size, read_write);
    EXPECT_OK(endpoint_reply, reply, (Message_tag{1, 0}), 0, 0, 0, 0);
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::faulted);
}

} // namespace
