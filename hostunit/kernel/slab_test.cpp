// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <kernel/slab.hpp>
#include <random>
#include <set>
#include <vector>

namespace {

using kernel::Error;
using kernel::page_size;
using kernel::Result;

// Pages from the host, each by itself, so that a step outside is seen.
struct Pages {
    static Result<void*> take() {
        if (left == 0)
            return Error::out_of_memory;
        --left;
        ++out;
        void* const page = std::aligned_alloc(page_size, page_size);
        std::memset(page, 0xa5, page_size); // a slab must not rely on zeros
        return page;
    }
    static void give(void* page) {
        --out;
        ++left;
        std::free(page);
    }

    static inline uint64_t left;
    static inline uint64_t out;
};

class Slab : public testing::TestWithParam<uint64_t> {
protected:
    Slab() {
        Pages::left = 1000;
        Pages::out = 0;
    }
    ~Slab() override { EXPECT_EQ(Pages::out, 0u) << "a slab kept an empty page"; }
};

TEST_P(Slab, objects_are_aligned_apart_and_inside_their_page) {
    kernel::Slab<Pages> slab{GetParam()};
    EXPECT_GE(slab.object_bytes(), GetParam());
    std::set<uint64_t> objects;
    for (unsigned i = 0; i < 300; ++i) {
        void* const object = slab.allocate().value();
        std::memset(object, 0xff, slab.object_bytes());
        uint64_t const address = reinterpret_cast<uint64_t>(object);
        EXPECT_EQ(address % kernel::Slab<Pages>::alignment, 0u);
        EXPECT_EQ(address / page_size, (address + slab.object_bytes() - 1) / page_size);
        auto const next = objects.lower_bound(address);
        if (next != objects.end()) {
            EXPECT_GE(*next - address, slab.object_bytes());
        }
        EXPECT_TRUE(objects.insert(address).second);
    }
    for (uint64_t const object : objects)
        slab.release(reinterpret_cast<void*>(object));
}

TEST_P(Slab, every_shortage_is_answered_and_leaves_the_slab_usable) {
    for (uint64_t pages = 0; pages < 5; ++pages) {
        kernel::Slab<Pages> slab{GetParam()};
        Pages::left = pages;
        std::vector<void*> objects;
        for (;;) {
            auto const object = slab.allocate();
            if (!object.ok()) {
                EXPECT_EQ(object.error(), Error::out_of_memory);
                break;
            }
            objects.push_back(object.value());
        }
        uint64_t const capacity = (page_size - 64) / slab.object_bytes();
        EXPECT_EQ(objects.size(), pages * capacity);
        if (pages) {
            slab.release(objects.back());
            objects.back() = slab.allocate().value();
        }
        for (void* const object : objects)
            slab.release(object);
        EXPECT_EQ(Pages::out, 0u);
    }
}

TEST_P(Slab, random_use_returns_every_page) {
    kernel::Slab<Pages> slab{GetParam()};
    std::mt19937_64 random{7};
    std::vector<unsigned char*> objects;
    for (unsigned round = 0; round < 20'000; ++round) {
        if (random() % 2 || objects.empty()) {
            auto* const object = static_cast<unsigned char*>(slab.allocate().value());
            std::memset(object, static_cast<int>(objects.size() & 0xff), slab.object_bytes());
            objects.push_back(object);
            object[0] = object[slab.object_bytes() - 1] = 0x42;
        } else {
            std::swap(objects[random() % objects.size()], objects.back());
            ASSERT_EQ(objects.back()[0], 0x42);
            ASSERT_EQ(objects.back()[slab.object_bytes() - 1], 0x42);
            slab.release(objects.back());
            objects.pop_back();
        }
    }
    for (void* const object : objects)
        slab.release(object);
}

INSTANTIATE_TEST_SUITE_P(Sizes, Slab,
                         testing::Values(1, 8, 64, 65, 200, 512, 2016, page_size - 64));

} // namespace
