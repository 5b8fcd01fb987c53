// SPDX-License-Identifier: MIT
// Regions of memory, mapped and unmapped by system calls; the fake Xen judges each update.
#include "fakes/machine.hpp"
#include "kernel_test.hpp"
#include <xenpv/p2m.hpp>

namespace kernel {
namespace {

using namespace abi;

constexpr uint64_t address = 0x4000'0000 - 3 * page_size; // a level-2 table ends behind 3 pages
constexpr uint64_t r = memory_permission::read;
constexpr uint64_t w = memory_permission::write;
constexpr uint64_t x = memory_permission::execute;

class Memories : public Kernel_test {
protected:
    Error map(uint64_t to, Slot memory, uint64_t pages, uint64_t rights, uint64_t offset = 0) {
        return call(Call::memory_map,
                    {self_process, memory, to, offset * page_size, pages * page_size, rights})
            .error;
    }
    Error unmap(uint64_t from, uint64_t pages) {
        return call(Call::memory_unmap, {self_process, from, pages * page_size}).error;
    }
    Slot create(uint64_t pages) { return make(Call::memory_create, {pages * page_size}); }
    Memory& memory(Slot slot) { return *root_process().table().find<Memory>(slot, 0).value(); }

    // What the processor finds behind an address of the root process.
    static xenpv::Entry walk(Process& process, uint64_t at) {
        Pfn table = process.space().top();
        for (unsigned level = 4;; --level) {
            auto const* entries =
                reinterpret_cast<xenpv::Entry const*>(fake::machine().contents(table));
            auto const entry = entries[at >> (12 + 9 * (level - 1)) & 511];
            if (!entry.present() || level == 1)
                return entry;
            table = xenpv::p2m.pfn(entry.mfn());
        }
    }
};

TEST_F(Memories, frames_are_zeroed_even_when_they_were_used) {
    Slot slot = create(4);
    Pfn const frame = memory(slot).frame(2);
    *fake::machine().contents(frame) = 'x';
    ASSERT_EQ(call(Call::capability_delete, {slot}).error, Error::none);
    slot = create(4);
    bool same = false;
    for (uint64_t i = 0; i < 4; ++i) {
        Pfn const now = memory(slot).frame(i);
        same |= now == frame;
        for (uint64_t byte = 0; byte < page_size; ++byte)
            ASSERT_EQ(fake::machine().contents(now)[byte], 0);
    }
    EXPECT_TRUE(same) << "the frame was not used again, so this shows nothing";
}

TEST_F(Memories, sizes_are_checked) {
    for (uint64_t const size : {uint64_t{0}, uint64_t{1}, page_size + 1,
                                Memory::largest + page_size, ~uint64_t{0}, uint64_t{1} << 63})
        EXPECT_EQ(call(Call::memory_create, {size}).error, Error::invalid_argument) << size;
    Slot const slot = create(3);
    EXPECT_EQ(call(Call::memory_size, {slot})[0], 3 * page_size);
}

TEST_F(Memories, pages_appear_with_the_rights_asked_for) {
    Slot const slot = create(6);
    ASSERT_EQ(map(address, slot, 6, r | w), Error::none);
    for (uint64_t i = 0; i < 6; ++i) {
        auto const entry = walk(root_process(), address + i * page_size);
        EXPECT_EQ(xenpv::p2m.pfn(entry.mfn()), memory(slot).frame(i));
        EXPECT_TRUE(entry.raw & xenpv::entry_flag::writable);
        EXPECT_TRUE(entry.raw & xenpv::entry_flag::no_execute);
        EXPECT_TRUE(entry.raw & xenpv::entry_flag::user);
    }
    ASSERT_EQ(map(0x100000, slot, 1, r, 5), Error::none);
    auto const constant = walk(root_process(), 0x100000);
    EXPECT_EQ(xenpv::p2m.pfn(constant.mfn()), memory(slot).frame(5));
    EXPECT_FALSE(constant.raw & xenpv::entry_flag::writable);
    EXPECT_TRUE(constant.raw & xenpv::entry_flag::no_execute);
    ASSERT_EQ(map(0x200000 - page_size, slot, 1, r | x), Error::none);
    auto const code = walk(root_process(), 0x200000 - page_size);
    EXPECT_FALSE(code.raw & (xenpv::entry_flag::writable | xenpv::entry_flag::no_execute));
}

TEST_F(Memories, rights_that_are_not_allowed) {
    Slot const slot = create(1);
    for (uint64_t const rights : {uint64_t{0}, w, x, w | x, r | w | x, uint64_t{8}, r | 8,
                                  uint64_t{1} << 32 | r, ~uint64_t{0}})
        EXPECT_NE(map(address, slot, 1, rights), Error::none) << rights;
    Slot const readable = make(Call::capability_copy, {self_process, slot, r, 0});
    EXPECT_EQ(map(address, readable, 1, r | w), Error::permission_denied);
    EXPECT_EQ(map(address, readable, 1, r | x), Error::permission_denied);
    EXPECT_EQ(map(address, readable, 1, r), Error::none);
}

TEST_F(Memories, ranges_that_are_not_allowed) {
    Slot const slot = create(4);
    EXPECT_EQ(map(address + 1, slot, 1, r), Error::invalid_argument);
    EXPECT_EQ(map(0, slot, 1, r), Error::invalid_argument);
    EXPECT_EQ(map(user_end, slot, 1, r), Error::invalid_argument);
    EXPECT_EQ(map(user_end - page_size, slot, 2, r), Error::invalid_argument);
    EXPECT_EQ(map(uint64_t{0} - page_size, slot, 1, r), Error::invalid_argument);
    EXPECT_EQ(map(address, slot, 5, r), Error::invalid_argument);
    EXPECT_EQ(map(address, slot, 1, r, 4), Error::invalid_argument);
    EXPECT_EQ(map(address, slot, 2, r, 3), Error::invalid_argument);
    EXPECT_EQ(map(address, slot, 1, r, ~uint64_t{0} / page_size), Error::invalid_argument);
    EXPECT_EQ(map(address, slot, uint64_t{1} << 52, r), Error::invalid_argument);
    EXPECT_EQ(map(address, slot, 0, r), Error::invalid_argument);
    EXPECT_EQ(unmap(address, 0), Error::invalid_argument);
    EXPECT_EQ(unmap(user_end - page_size, 2), Error::invalid_argument);
    EXPECT_EQ(map(user_end - page_size, slot, 1, r), Error::none);
}

TEST_F(Memories, unmapping_is_all_or_nothing) {
    Slot const slot = create(6);
    ASSERT_EQ(map(address, slot, 6, r), Error::none);
    ASSERT_EQ(unmap(address + 4 * page_size, 1), Error::none);
    EXPECT_EQ(unmap(address, 6), Error::not_mapped);
    EXPECT_TRUE(walk(root_process(), address).present());
    EXPECT_EQ(unmap(address, 4), Error::none);
    EXPECT_FALSE(walk(root_process(), address).present());
    EXPECT_EQ(map(address, slot, 4, r), Error::none);
}

TEST_F(Memories, frames_outlive_the_capability_while_they_are_mapped) {
    uint64_t const others = object_count(Object_type::memory);
    Slot const slot = create(3);
    Pfn const frame = memory(slot).frame(0);
    ASSERT_EQ(map(address, slot, 2, r | w), Error::none);
    ASSERT_EQ(map(address + 0x10000, slot, 1, r), Error::none);
    ASSERT_EQ(call(Call::capability_delete, {slot}).error, Error::none);
    EXPECT_EQ(object_count(Object_type::memory), others + 1);
    EXPECT_EQ(xenpv::p2m.pfn(walk(root_process(), address).mfn()), frame);
    ASSERT_EQ(unmap(address, 2), Error::none);
    EXPECT_EQ(object_count(Object_type::memory), others + 1);
    ASSERT_EQ(unmap(address + 0x10000, 1), Error::none);
    EXPECT_EQ(object_count(Object_type::memory), others);
}

TEST_F(Memories, the_largest_region_maps_in_one_call) {
    Child const child = spawn(2 * 1024 * 1024);
    constexpr uint64_t pages = 2000;
    Slot const slot = create(pages);
    EXPECT_EQ(
        call(Call::memory_map, {child.slot, slot, address, 0, pages * page_size, r | w}).error,
        Error::none);
    EXPECT_EQ(xenpv::p2m.pfn(walk(*child.process, address + (pages - 1) * page_size).mfn()),
              memory(slot).frame(pages - 1));
    EXPECT_EQ(call(Call::memory_unmap, {child.slot, address, pages * page_size}).error,
              Error::none);
}

TEST_F(Memories, a_process_that_ends_gives_back_all_of_it) {
    Child const child = spawn();
    Slot const slot = create(3);
    ASSERT_EQ(call(Call::memory_map, {child.slot, slot, address, 0, 3 * page_size, r | w}).error,
              Error::none);
    EXPECT_EQ(memory(slot).references(), 2u);
    run(*child.thread); // its tables are the loaded ones
    call(Call::process_destroy, {self_process, 0});
    EXPECT_EQ(memory(slot).references(), 1u);
}

TEST_F(Memories, one_process_does_not_see_what_another_maps) {
    Child const child = spawn();
    Slot const slot = create(1);
    ASSERT_EQ(map(address, slot, 1, r), Error::none);
    EXPECT_FALSE(walk(*child.process, address).present());
}

} // namespace
} // namespace kernel
