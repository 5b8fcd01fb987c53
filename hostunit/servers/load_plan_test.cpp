// SPDX-License-Identifier: MIT
#include <programs/load/histogram.hpp>
#include <programs/load/plan.hpp>

#include <gtest/gtest.h>
#include <vector>

namespace {

using namespace load;

bool read(std::vector<char const*> arguments, Plan& plan) {
    arguments.insert(arguments.begin(), "load");
    return read_plan(static_cast<int>(arguments.size()), arguments.data(), plan);
}

TEST(Load_plan, groups_have_the_defaults_of_scenario_files) {
    Group_plan plan;
    ASSERT_TRUE(read_group("compute", plan));
    EXPECT_EQ(plan.kind, Kind::compute);
    EXPECT_EQ(plan.threads, 1u);
    EXPECT_EQ(plan.work, 1'000'000u);
    EXPECT_EQ(plan.jitter, 20u);
    EXPECT_EQ(plan.adaptive, 0u);
    ASSERT_TRUE(read_group("interactive", plan));
    EXPECT_EQ(plan.work, 200'000u);
    EXPECT_EQ(plan.think, 5'000'000u);
    ASSERT_TRUE(read_group("idle", plan));
    EXPECT_EQ(plan.think, 100'000'000u);
}

TEST(Load_plan, groups_take_what_they_are_told) {
    Group_plan plan;
    ASSERT_TRUE(
        read_group("barrier,threads=3,from=5,until=70,spin=0,adaptive=1,work=100,pinned=1", plan));
    EXPECT_EQ(plan.threads, 3u);
    EXPECT_EQ(plan.from, 5'000u);
    EXPECT_EQ(plan.until, 70'000u);
    EXPECT_EQ(plan.spin, 0u);
    EXPECT_EQ(plan.adaptive, 1u);
    EXPECT_EQ(plan.work, 100'000u);
    EXPECT_EQ(plan.pinned, 1u);
    EXPECT_STREQ(name_of(plan.kind), "barrier");
}

TEST(Load_plan, groups_that_are_none) {
    Group_plan plan;
    for (char const* text :
         {"", "barriers", "compute,,threads=1", "compute,threads",
          "compute,threads=", "compute,threads=0", "compute,threads=x", "compute,threads=25",
          "compute,work=0", "compute,jitter=101", "compute,from=8,until=8", "compute,every=5",
          "compute,for=5", "compute,every=5,for=6", "compute,colour=1", "barrier,adaptive=2",
          "barrier,adaptive=true", "compute,work=3600000001"})
        EXPECT_FALSE(read_group(text, plan)) << text;
}

TEST(Load_plan, arguments) {
    Plan plan;
    ASSERT_TRUE(read({"--wait", "--ask", "--loops", "77", "2000000", "compute", "idle"}, plan));
    EXPECT_TRUE(plan.wait);
    EXPECT_TRUE(plan.ask);
    EXPECT_EQ(plan.loops, 77u);
    EXPECT_EQ(plan.duration, 2'000'000'000u);
    EXPECT_EQ(plan.groups, 2u);
    EXPECT_FALSE(plan.adaptive());
    ASSERT_TRUE(read({"2", "compute", "barrier,adaptive=1"}, plan));
    EXPECT_TRUE(plan.adaptive());
    ASSERT_TRUE(read({"--calibrate"}, plan));
    EXPECT_TRUE(plan.calibrate);
    ASSERT_TRUE(read({"1"}, plan)); // does nothing for a microsecond
}

TEST(Load_plan, arguments_that_are_none) {
    Plan plan;
    EXPECT_FALSE(read({}, plan));
    EXPECT_FALSE(read({"0", "compute"}, plan));
    EXPECT_FALSE(read({"--calibrate", "1"}, plan));
    EXPECT_FALSE(read({"--loops"}, plan));
    EXPECT_FALSE(read({"--loops", "x", "1"}, plan));
    EXPECT_FALSE(read({"--colour", "1"}, plan));
    EXPECT_FALSE(read({"compute"}, plan));
    EXPECT_FALSE(read({"1", "compute,threads=13", "compute,threads=12"}, plan)); // of all: 24
    EXPECT_FALSE(
        read({"1", "idle", "idle", "idle", "idle", "idle", "idle", "idle", "idle", "idle"}, plan));
}

// qemu-tests/rig/experiment/load_report.py reads buckets by these bounds.
uint64_t bucket_begin(unsigned bucket) {
    return bucket < 8 ? bucket : uint64_t{8 + bucket % 8} << (bucket / 8 - 1);
}

TEST(Load_histogram, buckets_follow_each_other) {
    for (unsigned bucket = 0; bucket + 1 < Histogram::buckets; ++bucket) {
        EXPECT_EQ(Histogram::bucket_of(bucket_begin(bucket)), bucket);
        EXPECT_EQ(Histogram::bucket_of(bucket_begin(bucket + 1) - 1), bucket);
    }
    EXPECT_EQ(Histogram::bucket_of(UINT64_MAX), Histogram::buckets - 1);
}

TEST(Load_histogram, counts) {
    Histogram histogram;
    histogram.add(100);
    histogram.add(100);
    EXPECT_EQ(histogram.count(Histogram::bucket_of(100)), 2u);
    EXPECT_EQ(histogram.count(Histogram::bucket_of(200)), 0u);
}

} // namespace
