// SPDX-License-Identifier: MIT
// The shell with a console that fails, and with programs to list.
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
using init_protocol::Program_entry;

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

    // The console server. Reads are answered by what `read` says; init lists programs, and refuses
    // everything else.
    Error serve(Registers& registers) {
        Message_tag const tag{registers.word[1]};
        uint64_t const first = registers.word[2]; // of a text: its bytes
        bool const of_console = registers.word[0] == console;
        registers = {{0, Message_tag{0, 0}.raw(), 0, 0, 0, 0}};
        if (!of_console && tag.label() == static_cast<uint32_t>(init_protocol::Label::programs)) {
            list_program(first, registers);
        } else if (!of_console) {
            registers.word[1] = Message_tag{static_cast<uint32_t>(Error::not_supported), 0}.raw();
        } else if (tag.label() == static_cast<uint32_t>(Label::write)) {
            shown.append(reinterpret_cast<char const*>(message_buffer().words), first);
            registers.word[2] = first;
        } else if (tag.label() == static_cast<uint32_t>(Label::set_mode)) {
            registers.word[1] = Message_tag{static_cast<uint32_t>(mode_error), 0}.raw();
        } else if (tag.label() == static_cast<uint32_t>(Label::read)) {
            return read(registers);
        }
        return Error::none;
    }

    void list_program(uint64_t index, Registers& registers) {
        bool const there = index < programs.size();
        Error const error = there ? Error::none : Error::invalid_argument;
        size_t const words = there ? sizeof(Program_entry) / sizeof(uint64_t) : 0;
        registers.word[1] = Message_tag{static_cast<uint32_t>(error), words}.raw();
        if (there)
            std::memcpy(message_buffer().words, &programs[index], sizeof(Program_entry));
    }

    Error read(Registers& registers) {
        reads.push_back(kernel.now);
        if (reads.size() > 1000)
            throw std::runtime_error{"the shell reads for ever"};
        Error const error = fails(reads.size()) ? Error::busy : Error::none;
        char const key = reads.size() <= typed.size() ? typed[reads.size() - 1] : 'x';
        std::memcpy(message_buffer().words, &key, 1);
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
    std::string typed; // then x, which begins no command
    std::vector<Program_entry> programs;
    std::string shown;
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

TEST_F(Shell_test, HelpHasAColumnAsWideAsTheLongestName) {
    for (auto const& [longest, width] : {std::pair{"ps", 8}, std::pair{"server-deaths", 13}}) {
        shown.clear();
        reads.clear();
        programs = {{"cat", "prints what is typed"}, {"", "told of"}};
        std::strcpy(programs[1].name, longest);
        typed = "help\r";
        end_of_input = typed.size() + 1;
        shell.emplace();
        ASSERT_TRUE(shell->start().ok());
        EXPECT_EQ(shell->run(), 0);
        for (auto const& [name, about] :
             {std::pair{"history", "the last command lines"},
              std::pair{"exit [N]", "ends the shell"}, std::pair{"cat", "prints what is typed"},
              std::pair{longest, "told of"}}) {
            std::string line = std::string{"\n  "} + name;
            line.resize(size_t{3} + static_cast<size_t>(width) + 2, ' ');
            EXPECT_NE(shown.find(line + about), std::string::npos) << line << " in\n" << shown;
        }
    }
}

} // namespace
} // namespace lavandin::shell
