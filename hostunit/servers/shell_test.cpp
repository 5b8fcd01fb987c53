// SPDX-License-Identifier: MIT
// The shell with a console that fails.
#include <hostunit/libos/fake_kernel.hpp>
#include <programs/shell/shell.hpp>

#include <cstring>
#include <gtest/gtest.h>
#include <lavandin/clock.hpp>
#include <lavandin/console_protocol.hpp>
#include <lavandin/thread_pointer.hpp>
#include <optional>
#include <stdexcept>

namespace lavandin::shell {
namespace {

using console_protocol::Label;
using console_protocol::Read_outcome;

class Shell_test : public testing::Test {
protected:
    Shell_test() {
        initialise_clock(0); // by system call, and from 0 again
        Environment_writer writer{page};
        for (char const* name : {"init", "console"})
            EXPECT_EQ(writer.add_capability(
                          name, kernel.add(std::make_shared<fake::Object>(Object_type::endpoint))),
                      Error::none);
        fake::given_environment = Environment{reinterpret_cast<std::byte const*>(&page)};
        console = fake::given_environment.capability("console");
        kernel.endpoint = [this](System_call, Registers& registers) { return serve(registers); };
        shell.emplace();
    }
    ~Shell_test() override { fake::given_environment = Environment{}; }

    // The console server. Reads are answered by what `read` says; init refuses everything.
    Error serve(Registers& registers) {
        Message_tag const tag{registers.word[1]};
        uint64_t const size = registers.word[2];
        bool const of_console = registers.word[0] == console;
        registers = {{0, Message_tag{0, 0}.raw(), 0, 0, 0, 0}};
        if (!of_console) {
            registers.word[1] = Message_tag{static_cast<uint32_t>(Error::not_supported), 0}.raw();
        } else if (tag.label() == static_cast<uint32_t>(Label::write)) {
            registers.word[2] = size;
        } else if (tag.label() == static_cast<uint32_t>(Label::set_mode)) {
            registers.word[1] = Message_tag{static_cast<uint32_t>(mode_error), 0}.raw();
        } else if (tag.label() == static_cast<uint32_t>(Label::read)) {
            return read(registers);
        }
        return Error::none;
    }

    Error read(Registers& registers) {
        reads.push_back(kernel.now);
        if (reads.size() > 1000)
            throw std::runtime_error{"the shell reads for ever"};
        Error const error = fails(reads.size()) ? Error::busy : Error::none;
        std::memcpy(message_buffer().words, "x", 1); // a key that begins no command
        registers.word[1] = Message_tag{static_cast<uint32_t>(error), 1}.raw();
        registers.word[2] = 1;
        if (error == Error::none && reads.size() >= end_of_input)
            registers = {
                {0, Message_tag{0, 0}.raw(), 0, static_cast<uint64_t>(Read_outcome::end), 0, 0}};
        return Error::none;
    }

    fake::Kernel kernel;
    Environment_page page{};
    Capability_index console{0};
    std::vector<uint64_t> reads; // when
    std::function<bool(size_t)> fails = [](size_t) { return false; };
    size_t end_of_input{1};
    Error mode_error{Error::none};
    std::optional<Shell> shell; // made when the environment is there
};

TEST_F(Shell_test, EndsWithTheInput) {
    ASSERT_TRUE(shell->start().ok());
    EXPECT_EQ(shell->run(), 0);
    EXPECT_EQ(reads.size(), 1u);
    EXPECT_EQ(kernel.now, 0u);
}

TEST_F(Shell_test, PausesAfterAFailedReadAndEndsAfterARowOfThem) {
    fails = [](size_t) { return true; };
    ASSERT_TRUE(shell->start().ok());
    EXPECT_EQ(shell->run(), 1);
    EXPECT_EQ(reads.size(), 10u);
    for (size_t i = 1; i < reads.size(); ++i)
        EXPECT_EQ(reads[i] - reads[i - 1], 200 * millisecond);
}

TEST_F(Shell_test, AReadThatSucceedsEndsARowOfFailures) {
    fails = [](size_t read) { return read % 10 != 0; }; // nine of ten
    end_of_input = 50;
    ASSERT_TRUE(shell->start().ok());
    EXPECT_EQ(shell->run(), 0);
    EXPECT_EQ(reads.size(), 50u);
}

TEST_F(Shell_test, EndsWhenTheModeCannotBeSet) {
    mode_error = Error::peer_died;
    ASSERT_TRUE(shell->start().ok());
    EXPECT_EQ(shell->run(), 1);
    EXPECT_TRUE(reads.empty());
    EXPECT_EQ(kernel.now, 10 * 200 * millisecond);
}

} // namespace
} // namespace lavandin::shell
