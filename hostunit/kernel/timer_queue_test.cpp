// SPDX-License-Identifier: MIT
#include <array>
#include <gtest/gtest.h>
#include <kernel/timer_queue.hpp>
#include <map>
#include <random>

namespace {

using kernel::never;
using kernel::Time;
using kernel::Timer_node;
using kernel::Timer_queue;

TEST(Timer_queue, is_empty_at_first) {
    Timer_queue queue;
    EXPECT_TRUE(queue.empty());
    EXPECT_EQ(queue.first_deadline(), never);
    EXPECT_EQ(queue.expire(never), nullptr);
}

TEST(Timer_queue, expires_in_order_and_not_before_its_time) {
    Timer_queue queue;
    std::array<Timer_node, 3> nodes;
    queue.insert(nodes[0], 30);
    queue.insert(nodes[1], 10);
    queue.insert(nodes[2], 20);
    EXPECT_EQ(queue.first_deadline(), 10u);
    EXPECT_EQ(queue.expire(9), nullptr);
    EXPECT_EQ(queue.expire(25), &nodes[1]);
    EXPECT_FALSE(nodes[1].armed());
    EXPECT_EQ(queue.expire(25), &nodes[2]);
    EXPECT_EQ(queue.expire(25), nullptr);
    EXPECT_TRUE(nodes[0].armed());
    queue.remove(nodes[0]);
    EXPECT_TRUE(queue.empty());
}

TEST(Timer_queue, a_node_can_be_used_again) {
    Timer_queue queue;
    Timer_node node;
    for (Time deadline = 1; deadline < 5; ++deadline) {
        queue.insert(node, deadline);
        EXPECT_EQ(queue.expire(deadline), &node);
    }
}

TEST(Timer_queue, random_use_agrees_with_a_multimap) {
    Timer_queue queue;
    std::multimap<Time, Timer_node*> model;
    std::array<Timer_node, 200> nodes;
    std::mt19937_64 random{11};
    Time now = 0;
    auto const forget = [&model](Timer_node& node) {
        auto [at, end] = model.equal_range(node.deadline());
        while (at != end && at->second != &node)
            ++at;
        ASSERT_NE(at, end);
        model.erase(at);
    };
    for (unsigned round = 0; round < 200'000; ++round) {
        Timer_node& node = nodes[random() % nodes.size()];
        if (!node.armed()) {
            Time const deadline = now + random() % 50; // many equal ones
            queue.insert(node, deadline);
            model.emplace(deadline, &node);
        } else if (random() % 2) {
            forget(node);
            queue.remove(node);
        } else {
            now += random() % 10;
            while (Timer_node* const first = queue.expire(now)) {
                ASSERT_EQ(first->deadline(), model.begin()->first);
                forget(*first);
            }
        }
        ASSERT_EQ(queue.first_deadline(), model.empty() ? never : model.begin()->first);
    }
    while (Timer_node* const first = queue.expire(never)) {
        ASSERT_EQ(first->deadline(), model.begin()->first);
        forget(*first);
    }
    EXPECT_TRUE(model.empty());
}

} // namespace
