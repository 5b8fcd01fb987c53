// SPDX-License-Identifier: MIT
#include <servers/console/console_ring.hpp>

#include <gtest/gtest.h>
#include <random>
#include <string>

namespace {

using lavandin::console::Console_ring;

// A backend that takes what was written.
std::string take(xencons_interface& page) {
    std::string text;
    while (page.out_cons != page.out_prod)
        text += page.out[page.out_cons++ % sizeof(page.out)];
    return text;
}

void type(xencons_interface& page, std::string_view keys) {
    for (char const key : keys)
        page.in[page.in_prod++ % sizeof(page.in)] = key;
}

TEST(Console_ring, writes_and_reads) {
    xencons_interface page{};
    Console_ring ring{page};
    EXPECT_EQ(ring.write("hello "), 6u);
    EXPECT_EQ(ring.write("world"), 5u);
    EXPECT_EQ(take(page), "hello world");
    type(page, "abc");
    char text[2];
    EXPECT_EQ(ring.read(text), 2u);
    EXPECT_EQ(ring.read(text), 1u);
    EXPECT_EQ(text[0], 'c');
}

TEST(Console_ring, continues_where_the_kernel_stopped) {
    xencons_interface page{};
    page.out_cons = page.out_prod = 12345;
    page.in_cons = 3;
    page.in_prod = 4;
    page.in[3] = 'k';
    Console_ring ring{page};
    EXPECT_EQ(ring.write("x"), 1u);
    EXPECT_EQ(take(page), "x");
    char text[8];
    EXPECT_EQ(ring.read(text), 1u);
    EXPECT_EQ(text[0], 'k');
}

TEST(Console_ring, a_silent_backend_stops_output_without_losing_it) {
    xencons_interface page{};
    Console_ring ring{page};
    std::string const text(3000, 'y');
    EXPECT_EQ(ring.write(text), 2048u);
    EXPECT_EQ(ring.write("z"), 0u);
    EXPECT_EQ(take(page).size(), 2048u);
    EXPECT_EQ(ring.write("z"), 1u);
    EXPECT_EQ(ring.faults(), 0u);
}

TEST(Console_ring, a_hostile_backend_costs_output_and_nothing_else) {
    xencons_interface page{};
    Console_ring ring{page};
    page.out_cons = 5000;
    EXPECT_EQ(ring.write("lost"), 4u);
    EXPECT_EQ(ring.faults(), 1u);
    EXPECT_EQ(page.out_prod, 5000u);
    EXPECT_EQ(ring.write("kept"), 4u);
    EXPECT_EQ(take(page), "kept");
    page.in_prod = 9999;
    char text[64];
    EXPECT_EQ(ring.read(text), 0u);
    EXPECT_EQ(ring.faults(), 2u);
    type(page, "!");
    EXPECT_EQ(ring.read(text), 1u);
}

TEST(Console_ring, random_scribbling_never_leaves_the_page) {
    xencons_interface page{};
    Console_ring ring{page};
    std::mt19937 random{1};
    char text[100];
    for (int i = 0; i < 100'000; ++i) {
        uint32_t* const counts[] = {&page.in_cons, &page.in_prod, &page.out_cons, &page.out_prod};
        *counts[random() % 4] = static_cast<uint32_t>(random());
        EXPECT_LE(ring.write("scribble"), 8u);
        EXPECT_LE(ring.read(text), sizeof(text));
    }
}

} // namespace
