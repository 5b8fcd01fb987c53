// SPDX-License-Identifier: MIT
#include "fake_kernel.hpp"

#include <lavandin/server.hpp>

#include <deque>
#include <gtest/gtest.h>
#include <set>

namespace lavandin {
namespace {

struct Answer {
    uint64_t reply;
    uint32_t label;
    uint64_t word;
};

// The other side of the endpoint: requests that come one after the other, and answers given.
class Clients {
public:
    explicit Clients(fake::Kernel& kernel) {
        kernel.endpoint = [this](System_call call, Registers& registers) {
            return handle(call, registers);
        };
    }

    std::deque<Registers> requests; // as endpoint_receive answers them
    std::vector<Answer> answers;
    Error refuse_answer{Error::none};

    void add(uint64_t badge, uint32_t label, uint64_t word = 0) {
        requests.push_back({{badge, Message_tag{label, 0}.raw(), word, 0, 0, 0}});
    }

private:
    Error handle(System_call call, Registers& registers) {
        switch (call) {
        case System_call::endpoint_reply:
            return answer(registers.word[0], registers);
        case System_call::endpoint_receive:
            return receive(registers.word[1], registers);
        case System_call::endpoint_reply_receive: {
            if (refuse_answer != Error::none)
                return std::exchange(refuse_answer, Error::none);
            uint64_t const reply = registers.word[0] >> 32;
            static_cast<void>(answer(reply, registers));
            return receive(reply, registers);
        }
        default:
            return Error::no_such_system_call;
        }
    }

    Error answer(uint64_t reply, Registers const& registers) {
        if (_held.erase(reply) == 0)
            return Error::no_caller;
        answers.push_back({reply, Message_tag{registers.word[1]}.label(), registers.word[2]});
        return Error::none;
    }

    Error receive(uint64_t reply, Registers& registers) {
        if (requests.empty())
            return Error::peer_died; // ends the loop
        registers = requests.front();
        requests.pop_front();
        if (!Message_tag{registers.word[1]}.from_notification())
            _held.insert(reply);
        return Error::none;
    }

    std::set<uint64_t> _held; // reply objects with a caller
};

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
    clients.requests.push_back({{0, Message_tag::notification().raw(), 6, 0, 0, 0}});
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
