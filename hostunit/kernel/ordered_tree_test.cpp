// SPDX-License-Identifier: MIT
#include <cmath>
#include <gtest/gtest.h>
#include <kernel/ordered_tree.hpp>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace {

struct Item : kernel::Tree_link {
    explicit Item(uint64_t number) : value{number} {}
    uint64_t key() const {
        ++looks;
        return value;
    }
    uint64_t value;
    static inline unsigned looks = 0;
};

using Tree = kernel::Ordered_tree<Item>;
using Model = std::map<uint64_t, std::unique_ptr<Item>>;

void expect_same(Tree const& tree, Model const& model) {
    Item* item = tree.first();
    for (auto const& [key, expected] : model) {
        ASSERT_EQ(item, expected.get());
        item = tree.next(*item);
    }
    ASSERT_EQ(item, nullptr);
    ASSERT_EQ(tree.empty(), model.empty());
}

void expect_found(Tree const& tree, Model const& model, uint64_t key) {
    auto const above = model.upper_bound(key);
    Item* const expected = above == model.begin() ? nullptr : std::prev(above)->second.get();
    Item::looks = 0;
    ASSERT_EQ(tree.at_or_before(key), expected);
    // An AVL tree's greatest height: 1.44 times that of a perfect one.
    ASSERT_LE(Item::looks, 1.45 * std::log2(static_cast<double>(model.size() + 2)) + 1);
}

class Ordered_tree : public testing::TestWithParam<unsigned> {
protected:
    void insert(uint64_t key) {
        auto& item = model[key];
        if (item)
            return;
        item = std::make_unique<Item>(key);
        tree.insert(*item);
    }
    void remove(uint64_t key) {
        auto const at = model.find(key);
        if (at == model.end())
            return;
        tree.remove(*at->second);
        model.erase(at);
    }

    std::mt19937_64 random{GetParam()};
    Tree tree;
    Model model;
};

TEST_P(Ordered_tree, agrees_with_a_map) {
    uint64_t const range = GetParam() % 2 ? 60 : 2000;
    for (unsigned step = 0; step < 4000 && !HasFatalFailure(); ++step) {
        uint64_t const key = random() % range;
        random() % 5 < 3 ? insert(key) : remove(random() % range);
        expect_found(tree, model, random() % range);
        if (step % 16 == 0)
            expect_same(tree, model);
    }
    while (!model.empty()) {
        remove(std::next(model.begin(), static_cast<long>(random() % model.size()))->first);
        expect_same(tree, model);
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Ordered_tree, testing::Range(0u, 8u));

// What somebody would do who wants the kernel to be slow.
TEST_P(Ordered_tree, stays_low_in_any_order) {
    constexpr uint64_t count = 1024;
    for (uint64_t i = 0; i < count; ++i) {
        insert(GetParam() % 2 ? i : count - i);
        expect_found(tree, model, i);
    }
    for (uint64_t i = 0; i < count; ++i) {
        remove(GetParam() % 3 ? i : count - i);
        expect_found(tree, model, random() % count);
    }
}

} // namespace
