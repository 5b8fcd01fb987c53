// SPDX-License-Identifier: MIT
#include <lavandin/environment.hpp>
#include <lavandin/layout.hpp>

#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace lavandin {
namespace {

using abi::Boot_information;
using abi::Error;

struct Page {
    alignas(8) std::byte bytes[abi::page_size]{};
    Environment_page& environment() { return *reinterpret_cast<Environment_page*>(bytes); }
    Boot_information& boot() { return *reinterpret_cast<Boot_information*>(bytes); }
};

TEST(Environment, ReadsWhatTheWriterWrote) {
    auto const page = std::make_unique<Page>();
    Environment_writer writer{page->environment()};
    EXPECT_EQ(writer.add_capability("names", 7), Error::none);
    EXPECT_EQ(writer.add_capability("console", 9), Error::none);
    EXPECT_EQ(writer.add_argument("echo"), Error::none);
    EXPECT_EQ(writer.add_argument(""), Error::none);
    EXPECT_EQ(writer.add_argument("two words"), Error::none);
    Environment const environment{page->bytes};
    ASSERT_TRUE(environment.valid());
    EXPECT_EQ(environment.boot_information(), nullptr);
    EXPECT_EQ(environment.capability("names"), 7u);
    EXPECT_EQ(environment.capability("console"), 9u);
    EXPECT_EQ(environment.capability("name"), 0u);
    EXPECT_EQ(environment.capability(""), 0u);
    ASSERT_EQ(environment.argument_count(), 3u);
    EXPECT_EQ(environment.argument(0), "echo");
    EXPECT_EQ(environment.argument(1), "");
    EXPECT_EQ(environment.argument(2), "two words");
    EXPECT_EQ(environment.argument(3), "");
}

TEST(Environment, WriterRefusesWhatDoesNotFit) {
    auto const page = std::make_unique<Page>();
    Environment_writer writer{page->environment()};
    EXPECT_EQ(writer.add_capability("", 1), Error::invalid_argument);
    EXPECT_EQ(writer.add_capability(std::string_view{"a\0b", 3}, 1), Error::invalid_argument);
    EXPECT_EQ(writer.add_capability("twenty-four-characters--", 1), Error::too_large);
    EXPECT_EQ(writer.add_capability("a", 1), Error::none);
    EXPECT_EQ(writer.add_capability("a", 2), Error::invalid_argument);
    EXPECT_EQ(writer.add_argument(std::string(3000, 'x')), Error::too_large);
    EXPECT_EQ(writer.add_argument(std::string_view{"\0", 1}), Error::invalid_argument);
    for (size_t i = 1; i < Environment_page::maximum_capabilities; ++i)
        EXPECT_EQ(writer.add_capability("b" + std::to_string(i), 1), Error::none);
    EXPECT_EQ(writer.add_capability("c", 1), Error::too_large);
    for (size_t i = 0; i < Environment_page::maximum_arguments; ++i)
        EXPECT_EQ(writer.add_argument("x"), Error::none);
    EXPECT_EQ(writer.add_argument("x"), Error::too_large);
}

TEST(Environment, ArgumentsMayFillThePage) {
    auto const page = std::make_unique<Page>();
    Environment_writer writer{page->environment()};
    std::string const longest(sizeof page->environment().arguments - 1, 'x');
    EXPECT_EQ(writer.add_argument(longest), Error::none);
    EXPECT_EQ(writer.add_argument(""), Error::too_large);
    EXPECT_EQ(Environment{page->bytes}.argument(0), longest);
}

TEST(Environment, TellsTheFirstProcess) {
    auto const page = std::make_unique<Page>();
    auto& boot = page->boot();
    boot.magic = Boot_information::expected_magic;
    boot.version = Boot_information::current_version;
    boot.system = 2;
    boot.console_ring = 5;
    boot.image_end = 0x10400000;
    boot.boot_image_address = 0x10200000;
    boot.message_buffer = 0x10100000;
    Environment const environment{page->bytes};
    ASSERT_EQ(environment.boot_information(), &boot);
    EXPECT_EQ(environment.capability("system"), 2u);
    EXPECT_EQ(environment.capability("console_ring"), 5u);
    EXPECT_EQ(environment.capability("store_ring"), 0u);
    EXPECT_EQ(environment.argument_count(), 1u);
    EXPECT_EQ(environment.argument(0), "init");
    EXPECT_EQ(environment.message_buffer(), 0x10100000u);
    EXPECT_EQ(environment.heap().begin, 0x10400000u);
    EXPECT_EQ(environment.heap().end, layout::heap_end);
    boot.boot_image_address = 0x18000000; // in the way of the heap
    EXPECT_EQ(environment.heap().end, 0x18000000u);
    boot.boot_image_address = 0x30000000; // in the way of the window
    EXPECT_EQ(environment.window().end, 0x30000000u);
}

TEST(Environment, SurvivesEveryCorruptedByte) {
    for (size_t place = 0; place < abi::page_size; ++place) {
        for (int const value : {0x00, 0x01, 0x20, 0x21, 0xff}) {
            auto const page = std::make_unique<Page>();
            Environment_writer writer{page->environment()};
            static_cast<void>(writer.add_capability("names", 7));
            static_cast<void>(writer.add_argument("echo"));
            static_cast<void>(writer.add_argument("text"));
            page->bytes[place] = static_cast<std::byte>(value);
            Environment const environment{page->bytes};
            static_cast<void>(environment.capability("console"));
            for (size_t i = 0; i < environment.argument_count(); ++i)
                EXPECT_LT(environment.argument(i).size(), abi::page_size);
        }
    }
}

TEST(Environment, AllOnesGiveNoText) {
    auto const page = std::make_unique<Page>();
    Environment_writer writer{page->environment()};
    static_cast<void>(writer.add_argument("x"));
    memset(page->environment().arguments, 'x', sizeof page->environment().arguments);
    page->environment().argument_count = 3;
    Environment const environment{page->bytes};
    for (size_t i = 0; i < 3; ++i)
        EXPECT_EQ(environment.argument(i), "");
}

} // namespace
} // namespace lavandin
