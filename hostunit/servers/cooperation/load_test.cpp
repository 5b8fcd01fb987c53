// SPDX-License-Identifier: MIT
// Classes of load, by loads that say what they are. Those for judging differ from those that the
// thresholds were chosen by in number of threads, lengths and seeds.
#include "labelled_loads.hpp"
#include "sampled_guest.hpp"
#include "servers/resource_manager/cooperation/load.hpp"

#include <cooperation/names.h>
#include <cstdio>
#include <gtest/gtest.h>

namespace lavandin::resource_manager {
namespace {

constexpr uint64_t window = 200 * simulator::millisecond;
constexpr unsigned windows = 4;

using Matrix = std::array<std::array<unsigned, COOP_LOADS>, COOP_LOADS>;

coop_load kind_of(Labelled_load const& load) {
    Sampled_guest guest{load.loads, load.processors, load.physical, load.neighbours, load.seed};
    Classifier classifier;
    guest.run(window / 2);
    for (unsigned i = 0; i < windows; ++i) {
        Observation const before = guest.observation();
        guest.run(window);
        classifier.add(classify(before, guest.observation()));
    }
    return classifier.now().kind;
}

Matrix confusion(std::vector<Labelled_load> const& loads) {
    Matrix matrix{};
    for (auto const& load : loads) {
        coop_load const found = kind_of(load);
        ++matrix[load.kind][found];
        if (found != load.kind)
            std::printf("  %s: taken for %s\n", load.name.c_str(), coop_load_name(found));
    }
    return matrix;
}

void print(Matrix const& matrix) {
    std::printf("%-12s", "is \\ found");
    for (unsigned kind = 0; kind < COOP_LOADS; ++kind)
        std::printf(" %11s", coop_load_name(kind));
    std::printf("\n");
    for (unsigned kind = COOP_LOAD_IDLE; kind < COOP_LOADS; ++kind) {
        std::printf("%-12s", coop_load_name(kind));
        for (unsigned const count : matrix[kind])
            std::printf(" %11u", count);
        std::printf("\n");
    }
}

// At least so much of each class, and of all together, is found.
void judge(Matrix const& matrix, double each, double together) {
    unsigned right = 0, all = 0;
    for (unsigned kind = COOP_LOAD_IDLE; kind < COOP_LOADS; ++kind) {
        unsigned sum = 0;
        for (unsigned const count : matrix[kind])
            sum += count;
        EXPECT_GT(sum, 0u) << coop_load_name(kind);
        EXPECT_GE(matrix[kind][kind], each * sum) << coop_load_name(kind);
        right += matrix[kind][kind];
        all += sum;
    }
    std::printf("%u of %u right\n", right, all);
    EXPECT_GE(right, together * all);
}

TEST(Loads, that_were_used_for_tuning) {
    auto const matrix = confusion(tuning_loads());
    print(matrix);
    judge(matrix, 0.8, 0.9);
}

TEST(Loads, that_were_not_used_for_tuning) {
    auto const matrix = confusion(judging_loads());
    print(matrix);
    judge(matrix, 0.6, 0.8);
}

TEST(Loads, one_window_of_something_else_changes_nothing) {
    Classifier classifier;
    classifier.add({COOP_LOAD_THROUGHPUT});
    EXPECT_EQ(classifier.add({COOP_LOAD_IDLE}).kind, COOP_LOAD_THROUGHPUT);
    EXPECT_EQ(classifier.add({COOP_LOAD_THROUGHPUT}).kind, COOP_LOAD_THROUGHPUT);
    EXPECT_EQ(classifier.add({COOP_LOAD_IDLE}).kind, COOP_LOAD_THROUGHPUT);
    EXPECT_EQ(classifier.add({COOP_LOAD_IDLE}).kind, COOP_LOAD_IDLE);
}

TEST(Loads, of_no_time_are_unknown) {
    auto const nothing = std::make_unique<Observation>();
    EXPECT_EQ(classify(*nothing, *nothing).kind, COOP_LOAD_UNKNOWN);
}

TEST(Loads, records_that_go_back_harm_nothing) {
    auto before = std::make_unique<Observation>();
    auto after = std::make_unique<Observation>();
    before->time = 1;
    after->time = 2;
    before->processor_count = after->processor_count = 1;
    before->thread_count = after->thread_count = 1;
    before->processors[0].busy = before->processors[0].wake_ups = UINT64_MAX;
    before->processors[0].histogram[3] = UINT64_MAX;
    before->threads[0] = {1, 1, {9, 9, 9, 9}, 9};
    after->threads[0] = {1, 1, {1, 2, 3, 4}, 5};
    static_cast<void>(classify(*before, *after));
}

} // namespace
} // namespace lavandin::resource_manager
