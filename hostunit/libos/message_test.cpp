// SPDX-License-Identifier: MIT
#include "fake_kernel.hpp"

#include <lavandin/call.hpp>

#include <gtest/gtest.h>

namespace lavandin {
namespace {

class Message : public testing::Test {
protected:
    // What a receiver of `writer` reads.
    Message_reader received(Message_writer const& writer) {
        uint64_t const words[4]{writer.register_word(0), writer.register_word(1),
                                writer.register_word(2), writer.register_word(3)};
        return Message_reader{writer.tag(), words, buffer.words, buffer.received};
    }

    fake::Kernel kernel;
    Message_buffer buffer{};
};

struct Pair {
    uint32_t left;
    uint64_t right;
};

TEST_F(Message, IsReadInTheOrderOfWriting) {
    Message_writer writer{buffer, 5};
    writer.word(1).text("hello, world").word(2).object(Pair{3, 4}).text("");
    auto reader = received(writer);
    EXPECT_EQ(reader.label(), 5u);
    EXPECT_EQ(reader.word(), 1u);
    EXPECT_EQ(reader.text(), "hello, world");
    EXPECT_EQ(reader.word(), 2u);
    EXPECT_EQ(reader.object<Pair>().right, 4u);
    EXPECT_EQ(reader.text(), "");
    EXPECT_TRUE(reader.ok());
}

TEST_F(Message, TextIsLengthInARegisterAndBytesInTheBuffer) {
    memset(buffer.words, 0xee, sizeof buffer.words);
    Message_writer writer{buffer};
    writer.text("abc").word(7);
    EXPECT_EQ(writer.register_word(0), 3u);
    EXPECT_EQ(writer.register_word(1), 7u);
    EXPECT_EQ(buffer.words[0], 0x636261u); // padded with zero
    EXPECT_EQ(writer.tag().buffer_words(), 1u);
}

TEST_F(Message, IsSentAgainWhenTheServerDies) {
    unsigned left = 3;
    unsigned sent = 0;
    kernel.endpoint = [&](System_call, Registers& registers) {
        EXPECT_EQ(message_buffer().words[0], 0x636261u);
        EXPECT_EQ(registers.word[2], 3u);
        ++sent;
        if (left > 0) {
            --left;
            return Error::peer_died;
        }
        registers = {{0, Message_tag{0, 0}.raw(), 42, 0, 0, 0}};
        return Error::none;
    };
    Call call{7, 1u};
    auto answer = call.text("abc").send_again();
    EXPECT_TRUE(answer.ok());
    EXPECT_EQ(sent, 4u);
    EXPECT_EQ(call.deaths(), 3u);
    left = 1000;
    sent = 0;
    EXPECT_EQ(Call(7, 1u).text("abc").send_again().error(), Error::peer_died);
    EXPECT_EQ(sent, Call::maximum_deaths);
}

TEST_F(Message, CarriesADeadlineWhenItIsGivenOne) {
    bool expected = false;
    kernel.endpoint = [&](System_call, Registers& registers) {
        EXPECT_EQ(Message_tag{registers.word[1]}.has_deadline(), expected);
        EXPECT_EQ(message_buffer().deadline, expected ? 5000 : forever);
        return expected ? Error::timed_out : Error::peer_died;
    };
    EXPECT_EQ(Call(7, 1u).send().error(), Error::peer_died);
    expected = true;
    EXPECT_EQ(Call(7, 1u).deadline(5000).send().error(), Error::timed_out);
    EXPECT_EQ(Call(7, 1u).deadline(5000).send_again().error(), Error::timed_out);
}

TEST_F(Message, OverflowsAreNoticed) {
    Message_writer words{buffer};
    words.word(1).word(2).word(3).word(4);
    EXPECT_FALSE(words.overflow());
    words.word(5);
    EXPECT_TRUE(words.overflow());
    std::string const longest(2048, 'x');
    Message_writer text{buffer};
    text.text(longest);
    EXPECT_FALSE(text.overflow());
    text.text("y");
    EXPECT_TRUE(text.overflow());
    EXPECT_FALSE(text.begin(1).overflow());
    Message_writer transfers{buffer};
    for (Capability_index i = 1; i <= 4; ++i)
        transfers.transfer(i);
    EXPECT_FALSE(transfers.overflow());
    transfers.transfer(Capability_index{5});
    EXPECT_TRUE(transfers.overflow());
}

// Whatever arrives, reading stays inside what the tag announces.
TEST_F(Message, HostileLengthsReadAsNothing) {
    for (uint64_t const length : {9ull, 2048ull, ~0ull, 1ull << 63}) {
        uint64_t const words[4]{length, 0, 0, 0};
        Message_reader reader{Message_tag{0, 1}, words, buffer.words, buffer.received};
        EXPECT_EQ(reader.text(), "");
        EXPECT_FALSE(reader.ok());
    }
    uint64_t const words[4]{};
    Message_reader reader{Message_tag{0, 1}, words, buffer.words, buffer.received};
    EXPECT_EQ(reader.object<Pair>().right, 0u);
    for (int i = 0; i < 4; ++i)
        reader.word();
    EXPECT_EQ(reader.word(), 0u);
    EXPECT_FALSE(reader.ok());
    EXPECT_FALSE(reader.take<Memory>().valid());
}

TEST_F(Message, UntakenCapabilitiesGoAway) {
    int const before = fake::Object::live;
    {
        for (auto& transfer : buffer.received)
            transfer.index = kernel.add(std::make_shared<fake::Object>(Object_type::endpoint));
        uint64_t const words[4]{};
        Message_reader reader{Message_tag{0, 0, 3}, words, buffer.words, buffer.received};
        auto const kept = reader.take<Endpoint>();
        EXPECT_EQ(kept.index(), buffer.received[0].index);
        EXPECT_EQ(fake::Object::live, before + 4);
    }
    EXPECT_EQ(fake::Object::live, before + 1); // the fourth was not part of the message
}

TEST_F(Message, CallMarshalsAndReadsTheAnswer) {
    kernel.endpoint = [](System_call call, Registers& registers) {
        auto& shared = message_buffer();
        EXPECT_EQ(call, System_call::endpoint_call);
        EXPECT_EQ(registers.word[0], 9u);
        EXPECT_EQ(Message_tag{registers.word[1]}.label(), 3u);
        EXPECT_EQ(registers.word[2], 5u);
        EXPECT_EQ(memcmp(shared.words, "query", 5), 0);
        EXPECT_EQ(shared.accepted_transfers, 2u);
        memcpy(shared.words, "reply", 5);
        registers = {{0, Message_tag{0, 1}.raw(), 5, 77, 0, 0}};
        return Error::none;
    };
    auto answer = Call(9, 3).text("query").accept(2).send();
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer.value().text(), "reply");
    EXPECT_EQ(answer.value().word(), 77u);
}

TEST_F(Message, CallTurnsLabelsIntoErrors) {
    uint32_t label = 0;
    kernel.endpoint = [&](System_call, Registers& registers) {
        registers = {{0, Message_tag{label, 0}.raw(), 0, 0, 0, 0}};
        return Error::none;
    };
    label = static_cast<uint32_t>(Error::busy);
    EXPECT_EQ(Call(9, 3).send().error(), Error::busy);
    label = first_own_status;
    EXPECT_EQ(Call(9, 3).send().value().label(), first_own_status);
}

TEST_F(Message, CallPassesOnTheKernelsErrors) {
    kernel.endpoint = [](System_call, Registers&) { return Error::peer_died; };
    EXPECT_EQ(Call(9, 3).send().error(), Error::peer_died);
    Call oversized{9, 3};
    for (int i = 0; i < 5; ++i)
        oversized.word(1);
    EXPECT_EQ(oversized.send().error(), Error::too_large);
}

} // namespace
} // namespace lavandin
