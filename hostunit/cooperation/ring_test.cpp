// SPDX-License-Identifier: MIT
#include "samples.hpp"

#include <cooperation/ring.h>

#include <gtest/gtest.h>
#include <memory>
#include <random>

namespace {

struct Ring {
    std::unique_ptr<coop_guest_page> guest{new coop_guest_page{}};
    std::unique_ptr<coop_vmm_page> vmm{new coop_vmm_page{}};
    coop_producer out{};
    coop_consumer in{};

    explicit Ring(uint32_t start = 0) {
        guest->side.produced = vmm->side.consumed = start;
        coop_producer_begin(&out, &guest->side, guest->slots, &vmm->side);
        coop_consumer_begin(&in, &vmm->side, guest->slots, &guest->side);
    }
    coop_error put(uint32_t sequence) {
        auto const message = samples::request(sequence);
        return coop_producer_put(&out, &message);
    }
    coop_error take(uint32_t* sequence, int* was_full = nullptr) {
        coop_message copy{};
        auto const error = coop_consumer_take(&in, &copy, was_full);
        *sequence = copy.head.sequence;
        return error;
    }
};

TEST(Ring, holds_as_many_as_it_has_slots_in_their_order) {
    for (uint32_t const start : {0u, 13u, 0xffff'fffau}) {
        Ring ring{start};
        uint32_t sequence = 0;
        EXPECT_EQ(ring.take(&sequence), COOP_ERROR_EMPTY);
        for (uint32_t i = 0; i < COOP_RING_SLOTS; ++i) {
            EXPECT_EQ(coop_producer_room(&ring.out), COOP_RING_SLOTS - i);
            ASSERT_EQ(ring.put(i + 2), COOP_OK);
        }
        EXPECT_EQ(ring.put(99), COOP_ERROR_FULL);
        int was_full = 0;
        for (uint32_t i = 0; i < COOP_RING_SLOTS; ++i) {
            ASSERT_EQ(ring.take(&sequence, &was_full), COOP_OK);
            EXPECT_EQ(sequence, i + 2);
            EXPECT_EQ(was_full, i == 0);
        }
        EXPECT_EQ(ring.take(&sequence), COOP_ERROR_EMPTY);
    }
}

TEST(Ring, an_impossible_count_of_the_consumer_stops_the_producer_while_it_lasts) {
    for (uint32_t const scribble : {1u, 17u, 0x8000'0000u, 0xffff'ffefu - 16u}) {
        Ring ring;
        ring.vmm->side.consumed = scribble;
        EXPECT_EQ(ring.put(2), COOP_ERROR_RING) << scribble;
        EXPECT_EQ(coop_producer_room(&ring.out), 0u);
        EXPECT_EQ(ring.guest->side.produced, 0u);
        ring.vmm->side.consumed = 0;
        EXPECT_EQ(ring.put(2), COOP_OK);
    }
}

TEST(Ring, an_impossible_count_of_the_producer_is_found_and_skipped) {
    for (uint32_t const scribble : {17u, 4096u, 0x8000'0000u, 0xffff'ffffu}) {
        Ring ring;
        uint32_t sequence = 0;
        ring.guest->side.produced = scribble;
        EXPECT_EQ(ring.take(&sequence), COOP_ERROR_RING);
        EXPECT_EQ(ring.vmm->side.consumed, 0u);
        coop_consumer_skip(&ring.in);
        EXPECT_EQ(ring.vmm->side.consumed, scribble);
        EXPECT_EQ(ring.take(&sequence), COOP_ERROR_EMPTY);
    }
}

TEST(Ring, own_counts_are_not_read_back) {
    Ring ring;
    uint32_t sequence = 0;
    ASSERT_EQ(ring.put(2), COOP_OK);
    ASSERT_EQ(ring.put(3), COOP_OK);
    ring.guest->side.produced = 77;
    ASSERT_EQ(ring.put(4), COOP_OK);
    EXPECT_EQ(ring.guest->side.produced, 3u);
    ring.vmm->side.consumed = 55;
    ASSERT_EQ(ring.take(&sequence), COOP_OK);
    EXPECT_EQ(sequence, 2u);
    EXPECT_EQ(ring.vmm->side.consumed, 1u);
}

TEST(Ring, a_successor_goes_on_with_the_counts_it_finds) {
    Ring ring;
    uint32_t sequence = 0;
    ASSERT_EQ(ring.put(2), COOP_OK);
    ASSERT_EQ(ring.put(3), COOP_OK);
    ASSERT_EQ(ring.take(&sequence), COOP_OK);
    coop_producer_begin(&ring.out, &ring.guest->side, ring.guest->slots, &ring.vmm->side);
    coop_consumer_begin(&ring.in, &ring.vmm->side, ring.guest->slots, &ring.guest->side);
    EXPECT_EQ(coop_producer_room(&ring.out), COOP_RING_SLOTS - 1u);
    ASSERT_EQ(ring.take(&sequence), COOP_OK);
    EXPECT_EQ(sequence, 3u);
}

// The other side writes what it likes to all counts and slots between any two steps; the pages are
// allocations of their exact size, so that a sanitizer sees whatever leaves them.
TEST(Ring, hostile_counts_never_leave_the_page) {
    std::mt19937 random{5};
    for (int round = 0; round < 2000; ++round) {
        Ring ring{static_cast<uint32_t>(random())};
        for (int i = 0; i < 100; ++i) {
            uint32_t sequence = 0;
            if (random() % 2 != 0)
                ring.guest->side.produced += static_cast<uint32_t>(random() % 40) - 20;
            if (random() % 2 != 0)
                ring.vmm->side.consumed = static_cast<uint32_t>(random());
            if (ring.take(&sequence) == COOP_ERROR_RING)
                coop_consumer_skip(&ring.in);
            ring.put(2);
            ASSERT_LE(coop_producer_room(&ring.out), static_cast<uint32_t>(COOP_RING_SLOTS));
        }
    }
}

} // namespace
