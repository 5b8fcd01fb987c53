// SPDX-License-Identifier: MIT
// The console server with clients that wait, end and misbehave.
#include <hostunit/libos/fake_clients.hpp>
#include <servers/console/console_server.hpp>

#include <gtest/gtest.h>
#include <map>
#include <set>

namespace lavandin::console {
namespace {

using namespace console_protocol;
using init_protocol::make_badge;

// Takes so much text, and has keys to give.
class Terminal final : public Backend {
public:
    size_t write(std::string_view text) override {
        size_t const taken = std::min(text.size(), room);
        shown += text.substr(0, taken);
        room -= taken;
        return taken;
    }
    size_t read(std::span<char> to) override {
        if (keys.empty() && flood >= to.size()) {
            std::fill(to.begin(), to.end(), 'x');
            flood -= to.size();
            return to.size();
        }
        size_t const count = keys.copy(to.data(), to.size());
        keys.erase(0, count);
        return count;
    }
    void acknowledge() override { ++acknowledged; }

    size_t room{~size_t{0}};
    unsigned acknowledged{0};
    size_t flood{0}; // bytes that it types after `keys`
    std::string keys;
    std::string shown;
};

class Console_server_test : public testing::Test {
protected:
    Console_server_test() {
        auto const init = kernel.add(std::make_shared<fake::Object>(Object_type::endpoint));
        Environment_writer writer{page};
        EXPECT_EQ(writer.add_capability("init", init), Error::none);
        fake::given_environment = Environment{reinterpret_cast<std::byte const*>(&page)};
        clients.call = [this](Registers& registers) { return answer_as_init(registers); };
    }
    ~Console_server_test() override { fake::given_environment = Environment{}; }

    // init: which of these have ended? And what is kept for a successor.
    Error answer_as_init(Registers& registers) {
        auto const label = Message_tag{registers.word[1]}.label();
        if (label != static_cast<uint32_t>(init_protocol::Label::ended))
            return keep_as_init(static_cast<init_protocol::Label>(label), registers);
        uint64_t const count = registers.word[2];
        for (uint64_t i = 0; i < count; ++i) {
            uint64_t& word = message_buffer().words[i];
            word = ended.count(word) != 0;
        }
        registers = {{0, Message_tag{0, count}.raw(), 0, 0, 0, 0}};
        return Error::none;
    }

    Error keep_as_init(init_protocol::Label label, Registers& registers) {
        auto const* const words = reinterpret_cast<char const*>(message_buffer().words);
        Error error = Error::none;
        if (label == init_protocol::Label::keep)
            kept[registers.word[3]] = std::string(words, registers.word[2]);
        else if (label == init_protocol::Label::forget)
            kept.erase(registers.word[2]);
        else
            return next_kept(registers);
        registers = {{0, Message_tag{static_cast<uint32_t>(error), 0}.raw(), 0, 0, 0, 0}};
        return Error::none;
    }

    // Without capabilities.
    Error next_kept(Registers& registers) {
        uint64_t const position = registers.word[2];
        if (position >= kept.size()) {
            auto const error = static_cast<uint32_t>(Error::invalid_argument);
            registers = {{0, Message_tag{error, 0}.raw(), 0, 0, 0, 0}};
            return Error::none;
        }
        auto const& [key, text] = *std::next(kept.begin(), static_cast<long>(position));
        memcpy(message_buffer().words, text.data(), text.size());
        registers = {
            {0, Message_tag{0, (text.size() + 7) / 8}.raw(), position + 1, text.size(), key, 0}};
        return Error::none;
    }

    // Lets the server take all that has been added.
    void run() { EXPECT_EQ(frame.run(server).error(), Error::peer_died); }

    void ask(uint64_t badge, Label label, uint64_t word = 0) {
        clients.add(badge, static_cast<uint32_t>(label), word);
        run();
    }
    void write(uint64_t badge, std::string const& text) {
        clients.add_text(badge, static_cast<uint32_t>(Label::write), text);
        run();
    }
    void type(std::string const& keys) {
        terminal.keys += keys;
        notify(Console_server::interrupt_bit);
    }
    void notify(uint64_t bits) {
        clients.notify(bits);
        run();
    }
    void end(uint64_t client) {
        ended.insert(client);
        notify(Console_server::ended_bit);
    }

    // Checks the last answer.
    void expect_answer(uint64_t badge, Error error, std::string const& text = {}) {
        ASSERT_FALSE(clients.answers.empty());
        EXPECT_EQ(clients.answers.back().badge, badge);
        EXPECT_EQ(clients.answers.back().label, static_cast<uint32_t>(error));
        if (!text.empty()) {
            EXPECT_EQ(clients.answers.back().text, text);
        }
    }

    fake::Kernel kernel;
    fake::Clients clients{kernel};
    Environment_page page{};
    std::set<uint64_t> ended;
    std::map<uint64_t, std::string> kept;
    Terminal terminal;
    Console_server server{terminal};
    Server frame{Endpoint{kernel.add(std::make_shared<fake::Object>(Object_type::endpoint))}};
};

TEST_F(Console_server_test, ReadersGetLinesInTurn) {
    ask(7, Label::read, 100);
    ask(8, Label::read, 100);
    type("one\rtwo\r");
    ASSERT_EQ(clients.answers.size(), 2u);
    EXPECT_EQ(clients.answers[0].badge, 7u);
    EXPECT_EQ(clients.answers[0].text, "one\n");
    EXPECT_EQ(clients.answers[1].badge, 8u);
    EXPECT_EQ(clients.answers[1].text, "two\n");
    EXPECT_EQ(terminal.shown, "one\r\ntwo\r\n");
}

TEST_F(Console_server_test, AClientHasTwoWaitingReads) {
    ask(7, Label::read, 10);
    ask(7, Label::read, 10);
    EXPECT_TRUE(clients.answers.empty());
    ask(7, Label::read, 10);
    expect_answer(7, Error::busy);
    ask(8, Label::read, 10);
    EXPECT_EQ(clients.waiting(7), 2u);
    EXPECT_EQ(clients.waiting(8), 1u);
    type("a\r");
    ask(7, Label::read, 10); // one has been answered: there is room again
    EXPECT_EQ(clients.waiting(7), 2u);
    EXPECT_EQ(clients.answers.size(), 2u);
}

TEST_F(Console_server_test, ReadersInAllHaveALimit) {
    for (uint64_t client = 10; client < 18; ++client)
        ask(client, Label::read, 10);
    EXPECT_TRUE(clients.answers.empty());
    ask(20, Label::read, 10);
    expect_answer(20, Error::busy);
    end(12);
    ask(20, Label::read, 10);
    EXPECT_EQ(clients.waiting(20), 1u);
}

TEST_F(Console_server_test, ReadersOfAnEndedClientGiveWay) {
    ask(7, Label::read, 10);
    ask(7, Label::read, 10);
    ask(8, Label::read, 10);
    int const before = fake::Object::live;
    end(7);
    EXPECT_EQ(fake::Object::live, before - 2);
    EXPECT_EQ(clients.waiting(7), 0u);
    type("x\r");
    ASSERT_EQ(clients.answers.size(), 1u);
    expect_answer(8, Error::none, "x\n");
}

TEST_F(Console_server_test, WritersAndFlushersOfAnEndedClientGiveWay) {
    terminal.room = 0;
    std::string const much(maximum_bytes, 'a');
    while (clients.waiting(7) == 0)
        write(7, much);
    write(8, much);
    ask(7, Label::flush);
    ask(9, Label::flush);
    EXPECT_EQ(clients.waiting(7), 2u);
    end(7);
    EXPECT_EQ(clients.waiting(7), 0u);
    EXPECT_EQ(clients.waiting(8), 1u);
    EXPECT_EQ(clients.waiting(9), 1u);
    size_t const before = clients.answers.size();
    terminal.room = ~size_t{0};
    notify(Console_server::interrupt_bit);
    ASSERT_EQ(clients.answers.size(), before + 2);
    EXPECT_EQ(clients.answers[before].badge, 8u);
    EXPECT_EQ(clients.answers[before].word, 0u); // it is to send again
    EXPECT_EQ(clients.answers[before + 1].badge, 9u);
}

TEST_F(Console_server_test, OneClientCannotTakeAllPlacesOfWritersAndFlushers) {
    terminal.room = 0;
    std::string const much(maximum_bytes, 'a');
    for (int i = 0; i < 40; ++i)
        write(7, much);
    expect_answer(7, Error::busy);
    write(8, much);
    EXPECT_EQ(clients.waiting(8), 1u);
    for (int i = 0; i < 4; ++i)
        ask(7, Label::flush);
    expect_answer(7, Error::busy);
    ask(9, Label::flush);
    EXPECT_EQ(clients.waiting(9), 1u);
}

TEST_F(Console_server_test, RawModeNeedsInput) {
    uint64_t const raw = static_cast<uint64_t>(Mode::raw);
    ask(make_badge(9, role_no_input), Label::set_mode, raw);
    expect_answer(make_badge(9, role_no_input), Error::permission_denied);
    ask(7, Label::read, 10);
    type("a"); // no line yet: the mode is what it was
    EXPECT_EQ(clients.waiting(7), 1u);
    ask(8, Label::set_mode, raw);
    expect_answer(8, Error::none);
    EXPECT_EQ(clients.waiting(7), 0u);
}

TEST_F(Console_server_test, RawModeEndsWithItsOwner) {
    ask(8, Label::set_mode, static_cast<uint64_t>(Mode::raw));
    end(9);
    ask(7, Label::read, 10);
    type("a");
    expect_answer(7, Error::none, "a");
    end(8);
    ask(7, Label::read, 10);
    type("b");
    EXPECT_EQ(clients.waiting(7), 1u);
    type("\r");
    expect_answer(7, Error::none, "b\n");
}

TEST_F(Console_server_test, ASuccessorHasTheModeOfItsOwner) {
    ask(8, Label::set_mode, static_cast<uint64_t>(Mode::raw));
    Console_server successor{terminal};
    successor.inherit();
    clients.add(7, static_cast<uint32_t>(Label::read), 10);
    terminal.keys = "a";
    clients.notify(Console_server::interrupt_bit);
    EXPECT_EQ(frame.run(successor).error(), Error::peer_died);
    expect_answer(7, Error::none, "a"); // a key, not a line
    end(8);
    EXPECT_TRUE(kept.empty());
}

TEST_F(Console_server_test, ASilentBackendHoldsNobodyUpForEver) {
    terminal.room = 0;
    std::string const much(maximum_bytes, 'a');
    while (clients.waiting(7) == 0)
        write(7, much);
    ask(8, Label::flush);
    EXPECT_EQ(clients.waiting(8), 1u);
    uint64_t const deadline = server.deadline();
    EXPECT_GE(deadline, kernel.now + second);
    kernel.now = deadline - 1;
    notify(0);
    EXPECT_EQ(clients.waiting(7), 1u);
    kernel.now = deadline;
    notify(0);
    EXPECT_EQ(clients.waiting(7), 0u);
    EXPECT_EQ(clients.waiting(8), 0u);
    write(7, much); // is lost at once
    EXPECT_EQ(clients.waiting(7), 0u);
    terminal.room = ~size_t{0};
    write(7, "back\n");
    EXPECT_NE(terminal.shown.find("back\r\n"), std::string::npos);
    EXPECT_NE(terminal.shown.find("bytes were lost"), std::string::npos);
    EXPECT_EQ(server.deadline(), forever);
}

TEST_F(Console_server_test, ABackendThatTakesALittleIsWaitedFor) {
    terminal.room = 0;
    std::string const much(maximum_bytes, 'a');
    while (clients.waiting(7) == 0)
        write(7, much);
    for (int i = 0; i < 20; ++i) {
        kernel.now = server.deadline() - 1;
        terminal.room = 1;
        notify(Console_server::interrupt_bit);
        EXPECT_EQ(clients.waiting(7), 1u);
    }
}

TEST_F(Console_server_test, AStormOfInterruptsIsHeldBack) {
    kernel.now = 1000 * second; // not before what the clock has shown to other tests
    for (int i = 0; i < 1000; ++i)
        notify(Console_server::interrupt_bit);
    EXPECT_LE(terminal.acknowledged, Interrupt_pace::in_window);
    uint64_t const later = server.deadline();
    EXPECT_LE(later, kernel.now + Interrupt_pace::window);
    unsigned const before = terminal.acknowledged;
    kernel.now = later;
    notify(0);
    EXPECT_EQ(terminal.acknowledged, before + 1);
}

// Whether it tells of it once or all the time.
TEST_F(Console_server_test, ABackendThatTypesWithoutEndIsHeldBack) {
    constexpr size_t much = 16 << 20;
    kernel.now = 2000 * second;
    terminal.flood = much;
    for (int i = 0; i < 10; ++i) {
        notify(Console_server::interrupt_bit);
        EXPECT_EQ(much - terminal.flood, Console_server::Key_pace::in_window);
    }
    write(7, "still here\n"); // its turn
    expect_answer(7, Error::none);
    kernel.now = server.deadline();
    EXPECT_LE(kernel.now, 2000 * second + 2 * Console_server::Key_pace::window);
    notify(0);
    EXPECT_EQ(much - terminal.flood, 2 * Console_server::Key_pace::in_window);
}

TEST_F(Console_server_test, OfWhatIsTypedFastNothingIsLost) {
    kernel.now = 3000 * second;
    std::string keys;
    while (keys.size() < 3 * Console_server::Key_pace::in_window)
        keys += "a line of some length that somebody may have pasted\r";
    ask(8, Label::set_mode, static_cast<uint64_t>(Mode::raw));
    terminal.keys = keys;
    std::string got;
    notify(Console_server::interrupt_bit);
    while (got.size() < keys.size()) {
        size_t const before = clients.answers.size();
        ask(7, Label::read, maximum_bytes);
        if (clients.answers.size() == before) { // none is there: it comes by itself
            ASSERT_NE(server.deadline(), forever);
            kernel.now = server.deadline();
            notify(0);
        }
        ASSERT_EQ(clients.answers.size(), before + 1);
        got += clients.answers.back().text;
    }
    EXPECT_EQ(got, keys);
    EXPECT_EQ(server.deadline(), forever);
}

TEST_F(Console_server_test, WhoWantsToHearOfInterruptsSaysHow) {
    uint64_t const shell = make_badge(7, role_control);
    auto const bits = std::make_shared<fake::Bits>();
    clients.add_with(shell, static_cast<uint32_t>(Label::set_interrupt), 1, kernel.add(bits));
    run();
    expect_answer(shell, Error::none);
    ask(shell, Label::set_interrupt, 1); // without a notification: nothing changes
    expect_answer(shell, Error::invalid_argument);
    type("\x03");
    EXPECT_NE(bits->bits, 0u);
    bits->bits = 0;
    ask(shell, Label::set_interrupt, 0);
    type("\x03");
    EXPECT_EQ(bits->bits, 0u);
}

TEST_F(Console_server_test, AnInterruptAnswersAllReaders) {
    ask(7, Label::read, 10);
    ask(8, Label::read, 10);
    type("gone\x03");
    ASSERT_EQ(clients.answers.size(), 2u);
    EXPECT_EQ(clients.answers[0].badge, 7u);
    EXPECT_EQ(clients.answers[0].word, 0u);
    EXPECT_EQ(terminal.shown, "gone^C\r\n");
}

} // namespace
} // namespace lavandin::console
