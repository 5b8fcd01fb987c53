// SPDX-License-Identifier: MIT
#include "fake_kernel.hpp"
#include "sample_elf.hpp"

#include <lavandin/mapping.hpp>
#include <lavandin/program_loader.hpp>

#include <gtest/gtest.h>

namespace lavandin {
namespace {

using namespace memory_permission;

constexpr uint64_t base = layout::image_base;

class Loader : public testing::Test {
protected:
    Loader() {
        initialise_window({layout::window_begin, layout::window_end});
        names = kernel.add(std::make_shared<fake::Object>(Object_type::endpoint));
        given[0] = {"names", names, endpoint_permission::call, 77};
        given[1] = {"own", self_process, process_permission::read, 0};
    }

    Result<Started_program> start(Elf_error* reason = nullptr) {
        return start_program({.file = sample.span(),
                              .name = "sample",
                              .quota = 512 * 1024,
                              .arguments = arguments,
                              .capabilities = given,
                              .priority = 9},
                             reason);
    }

    fake::Space& process() { return *kernel.processes.back(); }
    uint64_t rights(uint64_t address) {
        auto const found = process().mappings.find(address);
        return found != process().mappings.end() ? found->second.rights : 0;
    }
    std::vector<std::byte> contents(uint64_t address, uint64_t bytes) {
        auto const& stretch = process().mappings.at(address);
        return stretch.region->contents(stretch.offset, bytes);
    }

    Sample_elf sample;
    fake::Kernel kernel;
    Capability_index names;
    Given_capability given[2];
    std::string_view arguments[2] = {"sample", "argument"};
};

TEST_F(Loader, LaysOutAProcess) {
    auto const started = start();
    ASSERT_TRUE(started.ok()) << static_cast<int>(started.error());
    EXPECT_EQ(process().name, "sample");
    EXPECT_EQ(process().quota, 512u * 1024);
    EXPECT_EQ(process().flags, process_without_fpu);
    EXPECT_EQ(rights(base), read);
    EXPECT_EQ(rights(base + 0x1000), read | execute);
    EXPECT_EQ(rights(base + 0x2000), read); // relro
    EXPECT_EQ(rights(base + 0x3000), read | write);
    EXPECT_EQ(rights(base + 0x5000), read); // environment
    // Stack, behind message buffer, the place of the clock page, and a guard page.
    EXPECT_EQ(rights(base + 0xa000), read | write);
    ASSERT_EQ(process().threads.size(), 1u);
    auto const& thread = process().threads[0];
    EXPECT_EQ(thread.entry, base + 0x1010);
    EXPECT_EQ(thread.argument, base + 0x5000);
    EXPECT_EQ(thread.buffer, base + 0x6000);
    EXPECT_EQ(thread.stack, base + 0xa000 + layout::default_stack_bytes);
    EXPECT_EQ(thread.priority, 9u);
}

TEST_F(Loader, FillsImageAndEnvironment) {
    ASSERT_TRUE(start().ok());
    auto const data = contents(base + 0x2000, 0x1000);
    uint64_t pointer;
    memcpy(&pointer, &data[0x200], sizeof pointer);
    EXPECT_EQ(pointer, base + 0x1010);
    auto const page = contents(base + 0x5000, page_size);
    Environment const environment{page.data()};
    ASSERT_TRUE(environment.valid());
    EXPECT_EQ(environment.argument(1), "argument");
    EXPECT_EQ(environment.message_buffer(), base + 0x6000);
    EXPECT_EQ(environment.clock_page(), base + 0x7000);
    EXPECT_EQ(environment.heap().begin, base + 0xb000 + layout::default_stack_bytes);
    auto const slot = process().table.at(environment.capability("names"));
    EXPECT_EQ(slot.object, kernel.object(names));
    EXPECT_EQ(slot.permissions, endpoint_permission::call);
    EXPECT_EQ(slot.badge, 77u);
    EXPECT_EQ(environment.capability("init"), 0u);
}

TEST_F(Loader, KeepsNothingButProcessAndThread) {
    size_t const slots = kernel.self().table.size();
    auto const started = start();
    EXPECT_EQ(kernel.self().table.size(), slots + 2);
    EXPECT_TRUE(kernel.self().mappings.empty());
}

TEST_F(Loader, SaysWhyAFileIsNoProgram) {
    sample.header().machine = 40;
    Elf_error reason{};
    EXPECT_EQ(start(&reason).error(), Error::not_supported);
    EXPECT_EQ(reason, Elf_error::wrong_machine);
    EXPECT_TRUE(kernel.processes.empty());
}

TEST_F(Loader, RefusesNamesThatDoNotFit) {
    given[1].name = "a name of more than 23 characters";
    EXPECT_EQ(start().error(), Error::too_large);
    EXPECT_TRUE(process().ended);
    given[1].name = "names";
    EXPECT_EQ(start().error(), Error::invalid_argument);
}

// Whichever call fails, the error comes out and nothing is left.
TEST_F(Loader, UndoesEverythingOnEveryFailure) {
    size_t const slots = kernel.self().table.size();
    int failures = 0;
    for (kernel.fail_at = 0;; ++kernel.fail_at) {
        kernel.calls = 0;
        auto const started = start();
        if (started.ok())
            break;
        ++failures;
        EXPECT_EQ(started.error(), Error::quota_exceeded);
        EXPECT_EQ(kernel.self().table.size(), slots) << "call " << kernel.fail_at;
        EXPECT_TRUE(kernel.self().mappings.empty()) << "call " << kernel.fail_at;
        if (!kernel.processes.empty()) {
            EXPECT_TRUE(process().ended);
        }
    }
    EXPECT_GT(failures, 15);
}

TEST_F(Loader, GivesAddressesBack) {
    for (int i = 0; i < 300; ++i) { // more than the window has entries
        auto const started = start();
        ASSERT_TRUE(started.ok());
        ASSERT_TRUE(started.value().process.destroy(0).ok());
        kernel.processes.clear();
    }
}

} // namespace
} // namespace lavandin
