// SPDX-License-Identifier: MIT
// Memory shared with other machines: who may, what stays while they use it, what it costs.
#include "fakes/grants.hpp"
#include "fakes/machine.hpp"
#include "kernel_test.hpp"
#include <kernel/grant.hpp>
#include <kernel/system.hpp>

namespace kernel {
namespace {

using namespace abi;
using fake::grants;

constexpr uint64_t r = memory_permission::read;
constexpr uint64_t rw = memory_permission::read | memory_permission::write;
constexpr arch::Machine_number other = 5;

class Grants : public Kernel_test {
protected:
    Grants() : _system{Ref<Quota>{root_quota()}, Boot{}} {
        _system.acquire();
        system =
            root_process().table().add({Ref<Object>{_system}, system_permission::all, 0}).value();
        memory = make(Call::memory_create, {4 * page_size});
    }
    ~Grants() override {
        EXPECT_TRUE(grants().given.empty());
        grants() = {};
        remove(memory);
        remove(system);
    }

    void remove(Slot slot) { call(Call::capability_delete, {slot}); }
    Answer grant(uint64_t page, uint64_t rights, uint64_t machine = other) {
        return call(Call::grant_create, {system, memory, page * page_size, machine, rights});
    }
    Error end(Slot slot) { return call(Call::grant_end, {slot}).error; }
    fake::Grants::Given& given(Answer const& answer) {
        return grants().given.at(static_cast<arch::Grant_reference>(answer[1]));
    }
    Pfn frame(uint64_t page) {
        return root_process().table().find<Memory>(memory, 0).value()->frame(page);
    }
    uint64_t live() const { return object_count(Object_type::grant); }

    Slot system;
    Slot memory;

private:
    System _system;
};

TEST_F(Grants, name_machine_frame_and_rights) {
    auto const reading = grant(1, r);
    auto const writing = grant(3, rw, 0);
    ASSERT_EQ(reading.error, Error::none);
    EXPECT_EQ(given(reading).machine, other);
    EXPECT_EQ(given(reading).frame, frame(1));
    EXPECT_FALSE(given(reading).writable);
    EXPECT_TRUE(given(writing).writable);
    EXPECT_EQ(given(writing).machine, 0);
    EXPECT_EQ(end(reading.slot()), Error::none);
    EXPECT_EQ(grants().given.size(), 1u);
    EXPECT_EQ(end(reading.slot()), Error::none); // has ended
    remove(reading.slot());
    remove(writing.slot()); // ends it, too
}

TEST_F(Grants, in_use_do_not_end) {
    auto const granted = grant(0, rw);
    given(granted).in_use = true;
    EXPECT_EQ(end(granted.slot()), Error::busy);
    given(granted).in_use = false;
    EXPECT_EQ(end(granted.slot()), Error::none);
    remove(granted.slot());
}

TEST_F(Grants, keep_their_frame_until_the_other_machine_lets_go) {
    auto const granted = grant(2, rw);
    uint64_t const free = frame_pool().free();
    auto& use = given(granted);
    use.in_use = true;
    uint64_t const used = root_quota().used();
    remove(granted.slot());
    remove(memory);
    EXPECT_EQ(frame_pool().free(), free); // of all four pages
    EXPECT_EQ(root_quota().used(), used);
    EXPECT_EQ(live(), 1u);
    memory = make(Call::memory_create, {page_size});
    EXPECT_EQ(grant(0, 0).error, Error::invalid_argument); // tries again, in vain
    EXPECT_EQ(live(), 1u);
    use.in_use = false;
    interrupt(arch::Line{77}); // something happened on another machine
    EXPECT_EQ(live(), 0u);
    EXPECT_EQ(frame_pool().free(), free + 4); // and the object's page, but for a new one
    EXPECT_LT(root_quota().used(), used);
}

TEST_F(Grants, end_with_their_process) {
    auto const child = spawn();
    Slot const theirs = give(child, system);
    Slot const region = give(child, memory);
    run(*child.thread);
    auto const first = call(Call::grant_create, {theirs, region, 0, other, rw});
    auto const second = call(Call::grant_create, {theirs, region, page_size, other, rw});
    ASSERT_EQ(second.error, Error::none);
    given(first).in_use = true;
    run(root());
    EXPECT_EQ(call(Call::process_destroy, {child.slot, 0}).error, Error::none);
    EXPECT_EQ(grants().given.size(), 1u);
    grants().given.begin()->second.in_use = false;
    end_lingering_grants();
    EXPECT_EQ(live(), 0u);
}

TEST_F(Grants, end_when_memory_or_authority_is_revoked) {
    for (bool const of_memory : {true, false}) {
        auto const copied = make(Call::capability_copy,
                                 {self_process, of_memory ? memory : system, all_permissions, 0});
        auto const answer = call(Call::grant_create, {of_memory ? system : copied,
                                                      of_memory ? copied : memory, 0, other, rw});
        ASSERT_EQ(answer.error, Error::none);
        auto const busy =
            call(Call::grant_create,
                 {of_memory ? system : copied, of_memory ? copied : memory, page_size, other, rw});
        given(busy).in_use = true;
        EXPECT_EQ(call(Call::capability_revoke, {of_memory ? memory : system}).error, Error::none);
        EXPECT_EQ(grants().given.size(), 1u);
        EXPECT_EQ(end(busy.slot()), Error::busy);
        remove(busy.slot());
        EXPECT_EQ(live(), 2u);
        given(busy).in_use = false;
        end_lingering_grants();
        EXPECT_TRUE(grants().given.empty());
        remove(answer.slot());
        EXPECT_EQ(live(), 0u);
    }
}

TEST_F(Grants, want_permissions_and_sense) {
    Slot const weak =
        make(Call::capability_copy, {self_process, system, system_permission::information, 0});
    Slot const constant = make(Call::capability_copy, {self_process, memory, r, 0});
    auto const create = [&](uint64_t a, uint64_t m, uint64_t offset, uint64_t machine,
                            uint64_t rights) {
        return call(Call::grant_create, {a, m, offset, machine, rights}).error;
    };
    EXPECT_EQ(create(0, memory, 0, other, r), Error::invalid_capability);
    EXPECT_EQ(create(memory, memory, 0, other, r), Error::wrong_type);
    EXPECT_EQ(create(weak, memory, 0, other, r), Error::permission_denied);
    EXPECT_EQ(create(system, constant, 0, other, rw), Error::permission_denied);
    EXPECT_EQ(create(system, memory, 1, other, r), Error::invalid_argument);
    EXPECT_EQ(create(system, memory, 4 * page_size, other, r), Error::invalid_argument);
    EXPECT_EQ(create(system, memory, 0, arch::largest_machine + 1, r), Error::invalid_argument);
    for (uint64_t const rights : {uint64_t{0}, uint64_t{2}, uint64_t{4}, uint64_t{7}, uint64_t{9}})
        EXPECT_EQ(create(system, memory, 0, other, rights), Error::invalid_argument) << rights;
    grants().supported = false;
    EXPECT_EQ(create(system, memory, 0, other, r), Error::not_supported);
    EXPECT_EQ(live(), 0u);
    remove(weak);
    remove(constant);
}

TEST_F(Grants, references_run_out) {
    std::vector<Slot> slots;
    for (size_t i = 0; i < fake::Grants::most; ++i)
        slots.push_back(grant(i % 4, r).slot());
    EXPECT_EQ(grant(0, r).error, Error::table_full);
    EXPECT_EQ(live(), fake::Grants::most);
    for (Slot const slot : slots)
        remove(slot);
}

TEST_F(Grants, of_others_are_copied) {
    grants().foreign_page(other, 6).replace(100, 5, "hello");
    uint64_t const page = uint64_t{other} << 32 | 6;
    EXPECT_EQ(call(Call::grant_read, {system, memory, 2 * page_size + 7, page, 100, 5}).error,
              Error::none);
    EXPECT_EQ(std::string(fake::machine().contents(frame(2)) + 7, 5), "hello");
    EXPECT_EQ(call(Call::grant_write, {system, memory, 2 * page_size + 7, page, 4091, 5}).error,
              Error::none);
    EXPECT_EQ(grants().foreign_page(other, 6).substr(4091), "hello");
    EXPECT_EQ(call(Call::grant_write, {system, memory, 0, page + 1, 0, 5}).error,
              Error::not_mapped);
    EXPECT_EQ(call(Call::grant_read, {system, memory, 0, page + 1000, 0, 5}).error,
              Error::not_mapped);
}

TEST_F(Grants, copies_that_the_platform_refuses_say_so) {
    uint64_t const page = uint64_t{other} << 32 | 6;
    for (Error const error : {Error::busy, Error::not_supported}) {
        grants().copying = error;
        EXPECT_EQ(call(Call::grant_read, {system, memory, 0, page, 0, 5}).error, error);
        EXPECT_EQ(call(Call::grant_write, {system, memory, 0, page, 0, 5}).error, error);
    }
    grants().copying = Error::none;
    EXPECT_EQ(call(Call::grant_read, {system, memory, 0, page, 0, 5}).error, Error::none);
}

// A page that a copy has, too, has to get a frame of its own before anything is read into it.
TEST_F(Grants, reading_into_a_shared_page_takes_a_frame) {
    uint64_t const page = uint64_t{other} << 32 | 6;
    Slot const copy = make(Call::memory_copy, {memory, 0, 4 * page_size});
    std::vector<Pfn> frames;
    for (auto taken = frame_pool().take_for_kernel(); taken.ok();
         taken = frame_pool().take_for_kernel())
        frames.push_back(taken.value());
    Pfn const before = frame(0);
    EXPECT_EQ(call(Call::grant_read, {system, memory, 0, page, 0, 5}).error, Error::out_of_memory);
    EXPECT_EQ(frame(0).value, before.value);
    for (Pfn const taken : frames)
        frame_pool().give(taken);
    EXPECT_EQ(call(Call::grant_read, {system, memory, 0, page, 0, 5}).error, Error::none);
    EXPECT_NE(frame(0).value, before.value);
    remove(copy);
}

// Of the frames that a grant takes, each may be the one that is missing.
TEST_F(Grants, that_lack_a_frame_leave_nothing) {
    Usage const before = usage();
    Answer answer{Error::out_of_memory, {}};
    unsigned allocations = 0;
    while (answer.error == Error::out_of_memory && ++allocations < 10) {
        EXPECT_EQ(usage(), before);
        EXPECT_TRUE(grants().given.empty());
        fake::platform().maps_until_failure = allocations;
        answer = grant(0, rw);
    }
    fake::platform().maps_until_failure = 0;
    EXPECT_EQ(answer.error, Error::none);
    EXPECT_GT(allocations, 1u);
    remove(answer.slot());
}

TEST_F(Grants, copies_stay_within_pages) {
    uint64_t const page = uint64_t{other} << 32 | 6;
    auto const read = [&](uint64_t offset, uint64_t from, uint64_t bytes) {
        return call(Call::grant_read, {system, memory, offset, page, from, bytes}).error;
    };
    EXPECT_EQ(read(0, 0, page_size), Error::none);
    EXPECT_EQ(read(0, 0, 0), Error::invalid_argument);
    EXPECT_EQ(read(0, 0, page_size + 1), Error::invalid_argument);
    EXPECT_EQ(read(1, 0, page_size), Error::invalid_argument);
    EXPECT_EQ(read(0, 1, page_size), Error::invalid_argument);
    EXPECT_EQ(read(4 * page_size, 0, 1), Error::invalid_argument);
    EXPECT_EQ(read(0, page_size, 1), Error::invalid_argument);
    EXPECT_EQ(read(~uint64_t{0}, 0, 1), Error::invalid_argument);
    EXPECT_EQ(read(0, ~uint64_t{0}, 2), Error::invalid_argument);
    EXPECT_EQ(call(Call::grant_read, {system, memory, 0, uint64_t{0x8000} << 32, 0, 1}).error,
              Error::invalid_argument);
}

} // namespace
} // namespace kernel
