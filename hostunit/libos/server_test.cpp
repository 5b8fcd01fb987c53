// SPDX-License-Identifier: MIT
#include "fake_clients.hpp"

#include <lavandin/server.hpp>

#include <gtest/gtest.h>

namespace lavandin {
namespace {

using fake::Clients;

struct Doubler {
    std::vector<uint64_t> badges;
    uint64_t bits{0};
    std::vector<Deferred_answer> later;

    void request(Request& request) {
        badges.push_back(request.badge());
        switch (request.label()) {
        case 1:
            request.answer().word(2 * request.word());
            return;
        case 2:
            if (auto deferred = request.defer(); deferred.ok())
                later.push_back(std::move(deferred.value()));
            else
                request.fail(deferred.error());
            return;
        case 3:
            request.answer().word(1).word(2).word(3).word(4).word(5);
            return;
        }
    }
    void notified(uint64_t which) { bits |= which; }
};

class ServerTest : public testing::Test {
protected:
    Error run() {
        Server server{Endpoint{kernel.add(std::make_shared<fake::Object>(Object_type::endpoint))}};
        return server.run(doubler).error();
    }

    fake::Kernel kernel;
    Clients clients{kernel};
    Doubler doubler;
};

TEST_F(ServerTest, AnswersInTurn) {
    clients.add(11, 1, 21);
    clients.add(12, 1, 4);
    EXPECT_EQ(run(), Error::peer_died);
    EXPECT_EQ(doubler.badges, (std::vector<uint64_t>{11, 12}));
    ASSERT_EQ(clients.answers.size(), 2u);
    EXPECT_EQ(clients.answers[0].word, 42u);
    EXPECT_EQ(clients.answers[1].word, 8u);
}

TEST_F(ServerTest, UnknownLabelsAreNotSupported) {
    clients.add(1, 99);
    run();
    ASSERT_EQ(clients.answers.size(), 1u);
    EXPECT_EQ(clients.answers[0].label, static_cast<uint32_t>(Error::not_supported));
}

TEST_F(ServerTest, OversizedAnswersBecomeAnError) {
    clients.add(1, 3);
    run();
    ASSERT_EQ(clients.answers.size(), 1u);
    EXPECT_EQ(clients.answers[0].label, static_cast<uint32_t>(Error::too_large));
}

TEST_F(ServerTest, RefusedAnswersBecomeAnError) {
    clients.add(1, 1, 5);
    clients.add(2, 1, 6);
    clients.refuse_answer = Error::invalid_capability;
    run();
    ASSERT_EQ(clients.answers.size(), 2u);
    EXPECT_EQ(clients.answers[0].label, static_cast<uint32_t>(Error::invalid_capability));
    EXPECT_EQ(clients.answers[1].word, 12u);
}

TEST_F(ServerTest, NotificationsAreNotAnswered) {
    clients.notify(6);
    clients.add(1, 1, 1);
    run();
    EXPECT_EQ(doubler.bits, 6u);
    EXPECT_EQ(clients.answers.size(), 1u);
}

TEST_F(ServerTest, DeferredAnswersUseTheirOwnReplyObject) {
    clients.add(1, 2);
    clients.add(2, 1, 7);
    run();
    ASSERT_EQ(clients.answers.size(), 1u);
    auto writer = begin_answer();
    writer.word(5);
    EXPECT_TRUE(doubler.later.at(0).send(writer).ok());
    EXPECT_FALSE(doubler.later[0].waiting());
    ASSERT_EQ(clients.answers.size(), 2u);
    EXPECT_EQ(clients.answers[1].word, 5u);
    EXPECT_NE(clients.answers[0].reply, clients.answers[1].reply);
}

TEST_F(ServerTest, CannotDeferWithoutAnotherReplyObject) {
    clients.add(1, 2);
    kernel.fail_at = 2; // reply_create of the loop, endpoint_receive, then reply_create
    run();
    ASSERT_EQ(clients.answers.size(), 1u);
    EXPECT_EQ(clients.answers[0].label, static_cast<uint32_t>(Error::quota_exceeded));
}

TEST_F(ServerTest, LeavesNothingBehind) {
    int const before = fake::Object::live;
    clients.add(1, 2);
    clients.add(1, 2);
    clients.add(1, 1);
    run();
    doubler.later.clear();
    EXPECT_EQ(fake::Object::live, before);
}

} // namespace
} // namespace lavandin
