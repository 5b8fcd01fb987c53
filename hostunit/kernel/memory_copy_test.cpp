// SPDX-License-Identifier: MIT
// Mappings as records, and copies that share frames until somebody writes.
#include "fakes/machine.hpp"
#include "kernel_test.hpp"
#include <cstring>
#include <map>
#include <random>
#include <vector>
#include <xenpv/p2m.hpp>

namespace kernel {
namespace {

using namespace abi;

constexpr uint64_t r = memory_permission::read;
constexpr uint64_t rw = r | memory_permission::write;
constexpr uint64_t base = 0x4000'0000 - 3 * page_size; // a page table ends behind 3 pages

class Mapped : public Kernel_test {
protected:
    Slot create(uint64_t pages) { return make(Call::memory_create, {pages * page_size}); }
    Memory& memory(Slot slot) { return *root_process().table().find<Memory>(slot, 0).value(); }
    Error map(Slot slot, uint64_t to, uint64_t pages, uint64_t rights = rw, uint64_t offset = 0,
              Slot process = self_process) {
        return call(Call::memory_map,
                    {process, slot, to, offset * page_size, pages * page_size, rights})
            .error;
    }
    Error unmap(uint64_t from, uint64_t pages, Slot process = self_process) {
        return call(Call::memory_unmap, {process, from, pages * page_size}).error;
    }
    Slot copy(Slot slot, uint64_t offset, uint64_t pages) {
        return make(Call::memory_copy, {slot, offset * page_size, pages * page_size});
    }
    // As for somebody outside who writes.
    static void pin(Memory& memory) {
        memory.pin();
        uint64_t page = 0;
        for (auto more = memory.pin_step(page); more.value(); more = memory.pin_step(page))
            continue;
    }
    void revoke(Slot slot) { EXPECT_EQ(call(Call::capability_revoke, {slot}).error, Error::none); }

    static xenpv::Entry entry(Process& process, uint64_t address) {
        Pfn table = process.space().top();
        for (unsigned level = 4;; --level) {
            auto const found = reinterpret_cast<xenpv::Entry const*>(
                fake::machine().contents(table))[address >> (12 + 9 * (level - 1)) & 511];
            if (!found.present() || level == 1)
                return found;
            table = xenpv::p2m.pfn(found.mfn());
        }
    }
    static bool mapped(Process& process, uint64_t address) {
        return entry(process, address).present();
    }

    // As a processor: a write that the tables refuse comes to the kernel. False: it faults.
    bool write(uint64_t address, char value) {
        Process& process = current()->process();
        for (unsigned tries = 0; tries < 2; ++tries) {
            auto const found = entry(process, address);
            if (found.present() && found.raw & xenpv::entry_flag::writable) {
                fake::machine().contents(xenpv::p2m.pfn(found.mfn()))[address % page_size] = value;
                return true;
            }
            if (!found.present() || !process.mappings().allow_write(address))
                return false;
        }
        ADD_FAILURE() << "a write that was allowed is refused again";
        return false;
    }
    char read(uint64_t address) {
        auto const found = entry(current()->process(), address);
        EXPECT_TRUE(found.present());
        return fake::machine().contents(xenpv::p2m.pfn(found.mfn()))[address % page_size];
    }
};

class Mapping_records : public Mapped {};

TEST_F(Mapping_records, a_piece_out_of_the_middle_leaves_both_sides) {
    Slot const slot = create(8);
    ASSERT_EQ(map(slot, base, 8), Error::none);
    ASSERT_EQ(unmap(base + 3 * page_size, 2), Error::none);
    EXPECT_EQ(unmap(base, 8), Error::not_mapped);
    revoke(slot);
    for (uint64_t i = 0; i < 8; ++i)
        EXPECT_FALSE(mapped(root_process(), base + i * page_size)) << i;
    EXPECT_EQ(memory(slot).references(), 1u);
}

TEST_F(Mapping_records, one_unmap_takes_several_mappings) {
    Slot const slot = create(8);
    for (uint64_t i = 0; i < 4; ++i)
        ASSERT_EQ(map(slot, base + 2 * i * page_size, 2, rw, 2 * i), Error::none);
    EXPECT_EQ(memory(slot).references(), 5u);
    ASSERT_EQ(unmap(base + page_size, 6), Error::none);
    EXPECT_EQ(memory(slot).references(), 3u);
    EXPECT_EQ(unmap(base, 1), Error::none);
    EXPECT_EQ(unmap(base + 7 * page_size, 1), Error::none);
    EXPECT_EQ(memory(slot).references(), 1u);
}

TEST_F(Mapping_records, are_paid_by_the_process_and_return) {
    Child const child = spawn();
    Slot const slot = create(8);
    ASSERT_EQ(map(slot, base, 8, rw, 0, child.slot), Error::none);
    uint64_t const used = child.process->quota().used();
    ASSERT_EQ(unmap(base + page_size, 1, child.slot), Error::none); // one record more
    EXPECT_EQ(child.process->quota().used(), used + 128);
    ASSERT_EQ(unmap(base, 1, child.slot), Error::none);
    EXPECT_EQ(child.process->quota().used(), used);
    auto& quota = child.process->quota();
    uint64_t const rest = quota.limit() - quota.used();
    ASSERT_TRUE(quota.charge(rest).ok());
    EXPECT_EQ(unmap(base + 4 * page_size, 1, child.slot), Error::quota_exceeded);
    EXPECT_EQ(map(slot, base, 1, rw, 0, child.slot), Error::quota_exceeded);
    EXPECT_TRUE(mapped(*child.process, base + 4 * page_size));
    EXPECT_EQ(unmap(base + 4 * page_size, 4, child.slot), Error::none) << "needs no record";
    quota.refund(rest);
}

TEST_F(Mapping_records, a_revocation_reaches_every_process) {
    Child const a = spawn(), b = spawn();
    Slot const slot = create(200);
    Slot const given = give(a, slot);
    Slot const b_in_a = give(a, b.slot);
    ASSERT_EQ(map(slot, base, 200), Error::none);
    run(*a.thread);
    EXPECT_EQ(map(given, base, 200), Error::none);
    EXPECT_EQ(map(given, base, 100, r, 50, b_in_a), Error::none);
    EXPECT_EQ(unmap(base + 10 * page_size, 1), Error::none);
    run(root());
    revoke(slot);
    for (uint64_t i = 0; i < 200; ++i)
        for (Process* const process : {&root_process(), a.process.get(), b.process.get()})
            ASSERT_FALSE(mapped(*process, base + i * page_size)) << i;
    EXPECT_EQ(memory(slot).references(), 1u);
}

TEST_F(Mapping_records, a_revocation_of_a_copy_leaves_other_mappings) {
    Slot const slot = create(2);
    Slot const one = make(Call::capability_copy, {self_process, slot, all_permissions, 0});
    ASSERT_EQ(map(slot, base, 1), Error::none);
    ASSERT_EQ(map(one, base + page_size, 1), Error::none);
    revoke(one);
    EXPECT_TRUE(mapped(root_process(), base));
    EXPECT_FALSE(mapped(root_process(), base + page_size));
    EXPECT_EQ(call(Call::capability_delete, {one}).error, Error::none);
    ASSERT_EQ(map(slot, base + page_size, 1), Error::none);
    EXPECT_EQ(call(Call::capability_delete, {slot}).error, Error::none);
    EXPECT_TRUE(mapped(root_process(), base)) << "a mapping stays without the capability";
}

class Memory_copy : public Mapped {
protected:
    // Two pages with 'a' and 'b', mapped at `base`, and a copy of both, mapped at `other`.
    static constexpr uint64_t other = 0x5000'0000;
    void make_both() {
        source = create(2);
        ASSERT_EQ(map(source, base, 2), Error::none);
        ASSERT_TRUE(write(base, 'a'));
        ASSERT_TRUE(write(base + page_size, 'b'));
        copied = copy(source, 0, 2);
        ASSERT_EQ(map(copied, other, 2), Error::none);
    }
    Slot source{}, copied{};
};

TEST_F(Memory_copy, shares_until_the_copy_is_written) {
    make_both();
    EXPECT_EQ(memory(source).frame(0), memory(copied).frame(0));
    EXPECT_EQ(read(other), 'a');
    EXPECT_TRUE(write(other, 'x'));
    EXPECT_EQ(read(base), 'a');
    EXPECT_EQ(read(other), 'x');
    EXPECT_NE(memory(source).frame(0), memory(copied).frame(0));
    EXPECT_EQ(memory(source).frame(1), memory(copied).frame(1));
}

TEST_F(Memory_copy, shares_until_the_source_is_written) {
    make_both();
    EXPECT_TRUE(write(base, 'x'));
    EXPECT_EQ(read(other), 'a');
    EXPECT_EQ(read(base), 'x');
    uint64_t const free = frame_pool().free();
    EXPECT_TRUE(write(other, 'y')); // nobody else has that frame any more
    EXPECT_EQ(frame_pool().free(), free);
    EXPECT_EQ(read(base), 'x');
}

TEST_F(Memory_copy, every_mapping_of_the_writer_sees_what_is_written) {
    make_both();
    Child const child = spawn();
    ASSERT_EQ(map(copied, base, 2, r, 0, child.slot), Error::none);
    ASSERT_EQ(map(copied, other + 0x10000, 1, rw, 1), Error::none);
    EXPECT_TRUE(write(other + page_size, 'z'));
    EXPECT_EQ(read(other + 0x10000), 'z');
    run(*child.thread);
    EXPECT_EQ(read(base + page_size), 'z');
    EXPECT_FALSE(write(base + page_size, 'q')) << "it has it for reading";
}

TEST_F(Memory_copy, holds_what_there_was_at_the_call) {
    make_both();
    Slot const second = copy(copied, 1, 1);
    EXPECT_TRUE(write(other + page_size, 'x'));
    EXPECT_TRUE(write(base + page_size, 'y'));
    ASSERT_EQ(map(second, 0x6000'0000, 1), Error::none);
    EXPECT_EQ(read(0x6000'0000), 'b');
    EXPECT_TRUE(write(0x6000'0000, 'z'));
    EXPECT_EQ(read(other + page_size), 'x');
    EXPECT_EQ(read(base + page_size), 'y');
}

TEST_F(Memory_copy, is_paid_in_full_by_who_makes_it) {
    make_both();
    uint64_t const used = root_quota().used();
    uint64_t const free = frame_pool().free();
    Slot const again = copy(source, 0, 2);
    EXPECT_LE(free - frame_pool().free(), 2u) << "the region itself and the list of its frames";
    EXPECT_GE(root_quota().used(), used + 3 * page_size);
    EXPECT_EQ(call(Call::capability_delete, {source}).error, Error::none);
    ASSERT_EQ(unmap(base, 2), Error::none);
    EXPECT_EQ(read(other), 'a') << "the frames stay with the copies";
    EXPECT_EQ(call(Call::capability_delete, {again}).error, Error::none);
    EXPECT_EQ(read(other + page_size), 'b');
}

TEST_F(Memory_copy, a_write_without_a_free_frame_faults) {
    make_both();
    std::vector<Pfn> frames;
    while (frame_pool().free() || arch::table_counts().pooled)
        frames.push_back(frame_pool().take_for_kernel().value());
    EXPECT_FALSE(write(other, 'x'));
    EXPECT_EQ(read(other), 'a');
    for (Pfn const frame : frames)
        frame_pool().give(frame);
    EXPECT_TRUE(write(other, 'x'));
}

TEST_F(Memory_copy, a_fault_that_is_none_goes_on_and_another_ends_the_process) {
    make_both();
    Child const child = spawn();
    ASSERT_EQ(map(copied, base, 2, rw, 0, child.slot), Error::none);
    run(*child.thread);
    enter([] { thread_faulted({14, 7, base + 5, "page fault", true}); });
    EXPECT_TRUE(child.process->alive());
    EXPECT_EQ(current(), child.thread.get());
    EXPECT_TRUE(entry(*child.process, base).raw & xenpv::entry_flag::writable);
    enter([] { thread_faulted({14, 7, base + 2 * page_size, "page fault", true}); });
    EXPECT_FALSE(child.process->alive());
}

TEST_F(Memory_copy, arguments_are_checked) {
    Slot const slot = create(4);
    auto const error = [&](uint64_t offset, uint64_t size) {
        return call(Call::memory_copy, {slot, offset, size}).error;
    };
    EXPECT_EQ(error(0, 0), Error::invalid_argument);
    EXPECT_EQ(error(1, page_size), Error::invalid_argument);
    EXPECT_EQ(error(0, page_size + 1), Error::invalid_argument);
    EXPECT_EQ(error(page_size, 4 * page_size), Error::invalid_argument);
    EXPECT_EQ(error(5 * page_size, page_size), Error::invalid_argument);
    EXPECT_EQ(error(~uint64_t{0} - 4095, 2 * page_size), Error::invalid_argument);
    Slot const blind =
        make(Call::capability_copy, {self_process, slot, memory_permission::write, 0});
    EXPECT_EQ(call(Call::memory_copy, {blind, 0, page_size}).error, Error::permission_denied);
}

TEST_F(Memory_copy, what_others_may_write_is_copied_at_once) {
    make_both();
    pin(memory(copied));
    EXPECT_NE(memory(source).frame(0), memory(copied).frame(0)) << "it shares nothing any more";
    Pfn const lent = memory(copied).frame(1);
    Slot const again = copy(copied, 0, 2);
    EXPECT_NE(memory(again).frame(1), lent);
    EXPECT_TRUE(write(other + page_size, 'n'));
    EXPECT_EQ(memory(copied).frame(1), lent) << "the other side sees what is written";
    memory(copied).unpin();
    EXPECT_EQ(memory(copy(copied, 1, 1)).frame(0), lent);
}

TEST_F(Memory_copy, pinned_frames_stay_while_somebody_refers_to_them) {
    make_both();
    Ref<Memory> const lent{memory(source)};
    pin(*lent);
    Pfn const frame = lent->frame(0);
    ASSERT_EQ(unmap(base, 2), Error::none);
    EXPECT_EQ(call(Call::capability_delete, {source}).error, Error::none);
    std::vector<Pfn> frames;
    while (frame_pool().free())
        frames.push_back(frame_pool().take_for_user().value());
    EXPECT_EQ(std::find(frames.begin(), frames.end(), frame), frames.end());
    for (Pfn const each : frames)
        frame_pool().give(each);
    lent->unpin();
}

TEST_F(Memory_copy, of_lent_frames_never_gives_them_to_the_pool) {
    constexpr uint64_t lent = 4; // below what the pool has
    std::strcpy(fake::machine().contents(Pfn{lent}), "constant");
    auto const image = kernel::make<Memory>(Ref<Quota>{root_quota()}).value();
    ASSERT_TRUE(image->cover(Pfn{lent}, 1, Memory::Lent::constant).ok());
    Slot const slot = root_process().table().add({Ref<Object>{*image}, rw, 0}).value();
    Slot const copied_slot = copy(slot, 0, 1);
    EXPECT_EQ(memory(copied_slot).frame(0), Pfn{lent});
    ASSERT_EQ(map(copied_slot, other, 1), Error::none);
    EXPECT_TRUE(write(other, 'C'));
    EXPECT_EQ(read(other + 1), 'o');
    EXPECT_STREQ(fake::machine().contents(Pfn{lent}), "constant");
    Slot const third = copy(slot, 0, 1);
    EXPECT_EQ(call(Call::capability_delete, {slot}).error, Error::none);
    EXPECT_EQ(call(Call::capability_delete, {third}).error, Error::none);
}

// A region that is mapped often has frames of its own, so that no write has to change all mappings.
TEST_F(Memory_copy, of_a_region_with_many_mappings_shares_nothing) {
    constexpr uint64_t many = 20;
    constexpr uint64_t pages = 3;
    auto const place = [](uint64_t i) { return 0x7000'0000 + i * 0x1'0000; };
    Slot const slot = create(pages);
    for (uint64_t i = 0; i < 2; ++i)
        ASSERT_EQ(map(slot, place(i), pages), Error::none);
    EXPECT_TRUE(write(place(0), 'a'));
    Slot const early = copy(slot, 0, pages);
    EXPECT_EQ(memory(early).frame(0).value, memory(slot).frame(0).value);
    for (uint64_t i = 2; i < many; ++i)
        ASSERT_EQ(map(slot, place(i), pages), Error::none);
    for (uint64_t page = 0; page < pages; ++page)
        EXPECT_NE(memory(early).frame(page).value, memory(slot).frame(page).value);
    Slot const late = copy(slot, 0, pages);
    EXPECT_NE(memory(late).frame(0).value, memory(slot).frame(0).value);
    for (uint64_t i = 0; i < many; ++i) {
        EXPECT_TRUE(write(place(i), static_cast<char>('b' + i)));
        for (uint64_t j = 0; j < many; ++j)
            EXPECT_EQ(read(place(j)), static_cast<char>('b' + i));
    }
    for (Slot const copied : {early, late}) {
        ASSERT_EQ(map(copied, place(many), pages), Error::none);
        EXPECT_EQ(read(place(many)), 'a');
        EXPECT_EQ(unmap(place(many), pages), Error::none);
    }
}

// Pieces out of the middle leave more mappings, too.
TEST_F(Memory_copy, of_a_region_full_of_holes_shares_nothing) {
    constexpr uint64_t pages = 40;
    Slot const slot = create(pages);
    ASSERT_EQ(map(slot, base, pages), Error::none);
    Slot const copied = copy(slot, 0, pages);
    for (uint64_t page = 1; page + 1 < pages; page += 2)
        ASSERT_EQ(unmap(base + page * page_size, 1), Error::none);
    for (uint64_t page = 0; page < pages; ++page)
        EXPECT_NE(memory(copied).frame(page).value, memory(slot).frame(page).value);
    for (uint64_t page = 0; page < pages; page += 2)
        EXPECT_TRUE(write(base + page * page_size, 'x'));
}

TEST_F(Memory_copy, without_a_frame_to_separate_a_mapping_is_refused) {
    Slot const slot = create(1);
    uint64_t made = 0;
    auto const next = [&] { return map(slot, 0x7000'0000 + made * 0x1'0000, 1); };
    for (; made < 8; ++made)
        ASSERT_EQ(next(), Error::none);
    Slot const copied = copy(slot, 0, 1);
    ASSERT_EQ(memory(copied).frame(0).value, memory(slot).frame(0).value);
    std::vector<Pfn> frames;
    for (auto taken = frame_pool().take_for_kernel(); taken.ok();
         taken = frame_pool().take_for_kernel())
        frames.push_back(taken.value());
    Usage const before = usage();
    EXPECT_EQ(next(), Error::out_of_memory);
    EXPECT_EQ(usage(), before);
    for (Pfn const frame : frames)
        frame_pool().give(frame);
    EXPECT_EQ(next(), Error::none);
    EXPECT_NE(memory(copied).frame(0).value, memory(slot).frame(0).value);
}

// Memories, copies of copies and mappings at random, against a model of their contents.
class Random_copies : public Memory_copy, public testing::WithParamInterface<unsigned> {
protected:
    static constexpr uint64_t pages = 4;
    static constexpr size_t most_mappings = 12; // some regions get too many to share
    struct Region {
        Slot slot;
        std::array<char, pages> contents;
        std::vector<uint64_t> places;
    };

    void map_again(Region& region) {
        uint64_t const place = 0x7000'0000 + made++ * 0x10'0000;
        ASSERT_EQ(map(region.slot, place, pages), Error::none);
        region.places.push_back(place);
    }
    void unmap_first(Region& region) {
        ASSERT_EQ(unmap(region.places.front(), pages), Error::none);
        region.places.erase(region.places.begin());
    }
    void add(Region const& region) {
        regions.push_back(region);
        map_again(regions.back());
    }
    void remove(size_t i) {
        ASSERT_EQ(call(Call::capability_delete, {regions[i].slot}).error, Error::none);
        while (!regions[i].places.empty())
            unmap_first(regions[i]);
        regions.erase(regions.begin() + static_cast<long>(i));
    }
    void write_to(Region& region) {
        uint64_t const page = random() % pages;
        char const value = static_cast<char>(random());
        uint64_t const place = region.places[random() % region.places.size()];
        ASSERT_TRUE(write(place + page * page_size, value));
        region.contents[page] = value;
    }
    void check() {
        for (Region const& region : regions)
            for (uint64_t const place : region.places)
                for (uint64_t page = 0; page < pages; ++page)
                    ASSERT_EQ(read(place + page * page_size), region.contents[page]);
    }

    std::mt19937 random{GetParam()};
    std::vector<Region> regions;
    size_t made{0};
};

TEST_P(Random_copies, hold_what_was_written_to_them) {
    for (unsigned step = 0; step < 400 && !HasFatalFailure(); ++step) {
        unsigned const what = random() % 12;
        if (regions.empty() || (what == 0 && regions.size() < 12)) {
            add({create(pages), {}, {}});
            continue;
        }
        size_t const i = random() % regions.size();
        if (what < 3 && regions.size() < 12)
            add({copy(regions[i].slot, 0, pages), regions[i].contents, {}});
        else if (what == 3 && regions.size() > 3)
            remove(i);
        else if (what < 7 && regions[i].places.size() < most_mappings)
            map_again(regions[i]);
        else if (what == 7 && regions[i].places.size() > 1)
            unmap_first(regions[i]);
        else
            write_to(regions[i]);
        check();
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Random_copies, testing::Range(0u, 12u));

} // namespace
} // namespace kernel
