// SPDX-License-Identifier: MIT
#include <lavandin/log_ring.hpp>
#include <servers/log/line_collector.hpp>

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace {

using namespace lavandin::log;
using lavandin::Log_ring;

std::string read_all(Log_ring const& ring, size_t piece = 1000) {
    std::string text;
    std::string buffer(piece, '?');
    for (uint64_t position = 0;;) {
        auto const part = ring.read(position, buffer);
        if (part.bytes == 0)
            return text;
        text += buffer.substr(0, part.bytes);
        position = part.next;
    }
}

TEST(Log_ring, keeps_lines_in_order) {
    std::vector<char> storage(4096);
    Log_ring ring{storage};
    ring.append("one");
    ring.append("two");
    EXPECT_EQ(read_all(ring), "one\ntwo\n");
    EXPECT_EQ(read_all(ring, 5), "one\ntwo\n"); // whole lines only
}

TEST(Log_ring, drops_the_oldest_whole_lines) {
    std::vector<char> storage(2048);
    Log_ring ring{storage};
    for (int i = 0; i < 1000; ++i)
        ring.append("line " + std::to_string(i));
    std::string const text = read_all(ring);
    EXPECT_EQ(text.substr(0, 5), "line ");
    EXPECT_NE(text.find("line 999\n"), std::string::npos);
    EXPECT_LE(text.size(), storage.size());
    EXPECT_GE(text.size(), storage.size() - 16);
}

TEST(Log_ring, a_lost_position_goes_to_the_next_line) {
    std::vector<char> storage(2048);
    Log_ring ring{storage};
    ring.append("one");
    ring.append("two");
    char buffer[64];
    auto const inside = ring.read(1, buffer);
    EXPECT_EQ(std::string(buffer, inside.bytes), "two\n");
    EXPECT_EQ(ring.read(1000, buffer).bytes, 0u);
    EXPECT_EQ(ring.read(~uint64_t{0}, buffer).bytes, 0u);
}

TEST(Log_ring, one_message_is_one_line) {
    std::vector<char> storage(4096);
    Log_ring ring{storage};
    ring.append("a\nforged\x1b[2J");
    EXPECT_EQ(read_all(ring), "a?forged?[2J\n");
    ring.append(std::string(2000, 'x'));
    EXPECT_EQ(read_all(ring).size(), 13 + Log_ring::maximum_line + 1);
}

TEST(Line_collector, joins_pieces_and_cuts_long_lines) {
    Line_collector collector;
    std::vector<std::string> lines;
    auto const note = [&](std::string_view line) { lines.emplace_back(line); };
    collector.add("ab", note);
    collector.add("c\r\nd", note);
    collector.add("\n" + std::string(Line_collector::maximum_line + 1, 'x') + "\n", note);
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_EQ(lines[0], "abc");
    EXPECT_EQ(lines[1], "d");
    EXPECT_EQ(lines[2].size(), Line_collector::maximum_line);
    EXPECT_EQ(lines[3], "x");
}

} // namespace
