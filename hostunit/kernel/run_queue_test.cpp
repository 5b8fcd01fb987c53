// SPDX-License-Identifier: MIT
#include <array>
#include <deque>
#include <gtest/gtest.h>
#include <kernel/run_queue.hpp>
#include <random>

namespace {

struct Tag : kernel::List_link {};
struct Element : Tag {
    unsigned priority{0};
    bool queued{false};
};
using Queue = kernel::Run_queue<Element, Tag>;

TEST(Run_queue, is_empty_at_first) {
    Queue queue;
    EXPECT_EQ(queue.highest(), Queue::nobody);
    EXPECT_EQ(queue.pop_highest(), nullptr);
    EXPECT_FALSE(queue.occupied(0));
}

TEST(Run_queue, the_highest_comes_first_and_equals_in_order) {
    Queue queue;
    std::array<Element, 4> elements;
    queue.push_back(elements[0], 0);
    queue.push_back(elements[1], 31);
    queue.push_back(elements[2], 31);
    queue.push_front(elements[3], 31);
    EXPECT_EQ(queue.highest(), 31);
    EXPECT_EQ(queue.pop_highest(), &elements[3]);
    EXPECT_EQ(queue.pop_highest(), &elements[1]);
    EXPECT_EQ(queue.pop_highest(), &elements[2]);
    EXPECT_FALSE(queue.occupied(31));
    EXPECT_EQ(queue.highest(), 0);
    EXPECT_EQ(queue.pop_highest(), &elements[0]);
    EXPECT_EQ(queue.highest(), Queue::nobody);
}

TEST(Run_queue, random_use_agrees_with_deques) {
    Queue queue;
    std::array<std::deque<Element*>, Queue::priorities> model;
    std::array<Element, 60> elements;
    std::mt19937 random{3};
    for (unsigned round = 0; round < 100'000; ++round) {
        Element& element = elements[random() % elements.size()];
        if (element.queued) {
            queue.remove(element, element.priority);
            std::erase(model[element.priority], &element);
            element.queued = false;
        } else if (random() % 3) {
            element.priority = random() % Queue::priorities;
            bool const back = random() % 2;
            if (back) {
                queue.push_back(element, element.priority);
                model[element.priority].push_back(&element);
            } else {
                queue.push_front(element, element.priority);
                model[element.priority].push_front(&element);
            }
            element.queued = true;
        } else if (Element* const first = queue.pop_highest()) {
            for (unsigned above = first->priority + 1; above < Queue::priorities; ++above)
                ASSERT_TRUE(model[above].empty());
            ASSERT_EQ(model[first->priority].front(), first);
            model[first->priority].pop_front();
            first->queued = false;
        }
        for (unsigned priority = 0; priority < Queue::priorities; ++priority)
            ASSERT_EQ(queue.occupied(priority), !model[priority].empty());
    }
}

} // namespace
