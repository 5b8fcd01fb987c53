// SPDX-License-Identifier: MIT
// The tree of capabilities against a model that keeps parents and lines of children plainly.
#include <algorithm>
#include <gtest/gtest.h>
#include <kernel/derivation.hpp>
#include <memory>
#include <random>
#include <stdexcept>
#include <vector>

namespace {

using Node = kernel::Derivation_node;

// Lines of nodes: below each parent, and (parent nullptr) of those without one.
class Model {
public:
    void add(Node* node) { _lines.push_back({nullptr, {node}}); }

    void add_child(Node* parent, Node* child) {
        erase_alone(child);
        auto* line = line_below(parent);
        if (!line)
            line = &_lines.emplace_back(Line{parent, {}});
        line->nodes.insert(line->nodes.begin(), child);
    }

    void add_neighbour(Node* node, Node* other) {
        erase_alone(other);
        auto const [line, at] = place(node);
        line->nodes.insert(line->nodes.begin() + static_cast<long>(at) + 1, other);
    }

    // Forgets the node.
    void remove(Node* node) {
        std::vector<Node*> const children = children_of(node);
        auto const [line, at] = place(node);
        auto& nodes = line->nodes;
        nodes.erase(nodes.begin() + static_cast<long>(at));
        nodes.insert(nodes.begin() + static_cast<long>(at), children.begin(), children.end());
        std::erase_if(_lines,
                      [&](Line const& each) { return each.nodes.empty() || each.parent == node; });
    }

    std::vector<Node*> children_of(Node* node) {
        auto const* const line = line_below(node);
        return line ? line->nodes : std::vector<Node*>{};
    }

    Node* next_of(Node* node) {
        auto const [line, at] = place(node);
        return at + 1 < line->nodes.size() ? line->nodes[at + 1] : nullptr;
    }

    bool alone(Node* node) {
        auto const [line, at] = place(node);
        return !line->parent && line->nodes.size() == 1 && children_of(node).empty();
    }

    bool below(Node* node, Node* root) {
        while (node && node != root)
            node = place(node).first->parent;
        return node != nullptr;
    }

private:
    struct Line {
        Node* parent;
        std::vector<Node*> nodes;
    };

    Line* line_below(Node* parent) {
        auto const at = std::find_if(_lines.begin(), _lines.end(),
                                     [&](Line const& each) { return each.parent == parent; });
        return parent && at != _lines.end() ? &*at : nullptr;
    }

    std::pair<Line*, size_t> place(Node* node) {
        for (Line& line : _lines)
            for (size_t i = 0; i < line.nodes.size(); ++i)
                if (line.nodes[i] == node)
                    return {&line, i};
        throw std::logic_error{"the model lost a node"};
    }

    void erase_alone(Node* node) {
        std::erase_if(_lines, [&](Line const& each) {
            return !each.parent && each.nodes == std::vector<Node*>{node};
        });
    }

    std::vector<Line> _lines;
};

class Derivation : public testing::TestWithParam<unsigned> {
protected:
    Node* make() {
        nodes.push_back(std::make_unique<Node>(Node::Kind::capability));
        model.add(nodes.back().get());
        return nodes.back().get();
    }

    void remove(Node* node) {
        node->remove();
        EXPECT_TRUE(node->alone());
        model.remove(node);
        std::erase_if(nodes, [&](auto const& each) { return each.get() == node; });
    }

    void check() {
        for (auto const& node : nodes) {
            std::vector<Node*> children;
            for (Node* child = node->first_child(); child; child = child->next())
                children.push_back(child);
            ASSERT_EQ(children, model.children_of(node.get()));
            ASSERT_EQ(node->next(), model.next_of(node.get()));
            ASSERT_EQ(node->alone(), model.alone(node.get()));
        }
    }

    Node* any() { return nodes[random() % nodes.size()].get(); }

    void grow() {
        Node* const where = any();
        Node* const node = make();
        if (random() % 4) {
            where->add_child(*node);
            model.add_child(where, node);
        } else {
            where->add_neighbour(*node);
            model.add_neighbour(where, node);
        }
    }

    std::mt19937_64 random{GetParam()};
    std::vector<std::unique_ptr<Node>> nodes;
    Model model;
};

TEST_P(Derivation, agrees_with_a_plain_model) {
    for (unsigned step = 0; step < 1500 && !HasFatalFailure(); ++step) {
        if (nodes.empty() || random() % 16 == 0)
            make();
        else if (nodes.size() < 40 && random() % 2)
            grow();
        else
            remove(any());
        check();
    }
}

// What a revocation does: the first child, again and again.
TEST_P(Derivation, all_that_is_below_goes_child_by_child) {
    make();
    while (nodes.size() < 60)
        grow();
    Node* const root = any();
    std::vector<Node*> below, beside;
    for (auto const& node : nodes)
        (node.get() != root && model.below(node.get(), root) ? below : beside)
            .push_back(node.get());
    size_t removed = 0;
    while (Node* const child = root->first_child()) {
        ASSERT_NE(std::find(below.begin(), below.end(), child), below.end());
        remove(child);
        check();
        ++removed;
    }
    EXPECT_EQ(removed, below.size());
    EXPECT_EQ(nodes.size(), beside.size());
}

INSTANTIATE_TEST_SUITE_P(Seeds, Derivation, testing::Range(0u, 12u));

TEST(Derivation_node, children_of_one_without_parent_become_neighbours) {
    Node root{Node::Kind::capability}, a{Node::Kind::waiting_thread}, b{Node::Kind::binding};
    root.add_child(a);
    root.add_child(b);
    root.remove();
    EXPECT_TRUE(root.alone());
    EXPECT_EQ(b.next(), &a);
    EXPECT_EQ(a.next(), nullptr);
    EXPECT_FALSE(a.alone());
    b.remove();
    EXPECT_TRUE(a.alone());
    EXPECT_EQ(a.kind(), Node::Kind::waiting_thread);
}

} // namespace
