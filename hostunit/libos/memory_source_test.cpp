// SPDX-License-Identifier: MIT
// What libos takes from the memory server it gives back.
#include "fake_kernel.hpp"
#include "sample_elf.hpp"

#include <lavandin/mapping.hpp>
#include <lavandin/memory_protocol.hpp>
#include <lavandin/message.hpp>
#include <lavandin/program_loader.hpp>
#include <lavandin/thread.hpp>
#include <lavandin/thread_locals.hpp>
#include <lavandin/thread_pointer.hpp>

#include <gtest/gtest.h>
#include <map>
#include <newlib/platform.hpp>

// What thread.cpp needs of the C library and of the first instructions.
extern "C" {
void lavandin_thread_entry();
void lavandin_thread_entry() {}
size_t newlib_thread_state_bytes() { return 64; }
void newlib_thread_state_begin(_reent*) {}
void newlib_thread_state_end(_reent*) {}
}

namespace lavandin {

Thread_local_image thread_local_image() { return {}; }
size_t own_module = lone_module;
void install_thread_locals(Thread_part&, std::byte*) {}

namespace {

using memory_protocol::Label;

class Memory_source : public testing::Test {
protected:
    Memory_source() {
        initialise_window({layout::window_begin, layout::window_end});
        kernel.endpoint = [this](System_call, Registers& registers) { return serve(registers); };
        auto const server = kernel.add(std::make_shared<fake::Object>(Object_type::endpoint));
        Environment_writer writer{page};
        EXPECT_EQ(writer.add_capability("memory", server), Error::none);
        fake::given_environment = Environment{reinterpret_cast<std::byte const*>(&page)};
    }
    ~Memory_source() override { fake::given_environment = Environment{}; }

    // The memory server. A region that is still in use when it is released counts as stuck.
    Error serve(Registers& registers) {
        Message_tag const tag{registers.word[1]};
        if (tag.label() == static_cast<uint32_t>(Label::allocate)) {
            auto const region = std::make_shared<fake::Region>(registers.word[2]);
            regions[++last_region] = region;
            message_buffer().received[0].index = kernel.add(region);
            registers = {{0, Message_tag{0, 0, 1}.raw(), last_region, 0, 0, 0}};
            return Error::none;
        }
        EXPECT_EQ(tag.label(), static_cast<uint32_t>(Label::release));
        auto const region = regions.find(registers.word[2]);
        EXPECT_NE(region, regions.end());
        if (region != regions.end()) {
            stuck += region->second.use_count() != 1;
            regions.erase(region);
        }
        registers = {{0, Message_tag{0, 0}.raw(), 0, 0, 0, 0}};
        return Error::none;
    }

    // No thread of the fake kernel runs: they all say that they have ended.
    void end_threads() {
        for (auto& [index, slot] : kernel.self().table)
            if (auto const bits = std::dynamic_pointer_cast<fake::Bits>(slot.object))
                bits->bits = 1;
    }

    Result<Started_program> start_sample() {
        return start_program({.file = sample.span(),
                              .name = "sample",
                              .quota = 512 * 1024,
                              .arguments = {},
                              .capabilities = {}});
    }

    fake::Kernel kernel;
    Environment_page page{};
    Sample_elf sample;
    std::map<uint64_t, std::shared_ptr<fake::Region>> regions; // what clients hold
    uint64_t last_region{0};
    int stuck{0};
};

TEST_F(Memory_source, AllocatedMemoryIsReleasedOnce) {
    {
        auto allocated = allocate_memory(page_size);
        ASSERT_TRUE(allocated.ok());
        auto const mapping = Mapping::create(allocated.value().memory());
        auto second = allocate_memory(page_size);
        EXPECT_EQ(regions.size(), 2u);
        second.value() = allocate_memory(page_size).value();
        EXPECT_EQ(regions.size(), 2u);
    }
    EXPECT_TRUE(regions.empty());
    EXPECT_EQ(stuck, 0);
}

TEST_F(Memory_source, KeptMemoryStays) {
    auto const region = allocate_memory(page_size).value().keep_mapped();
    EXPECT_EQ(regions.size(), 1u);
    release_memory(region);
    EXPECT_TRUE(regions.empty());
    EXPECT_EQ(stuck, 0);
}

TEST_F(Memory_source, JoinedThreadsReleaseTheirAreas) {
    for (int i = 0; i < 1000; ++i) {
        auto thread = Thread::start([](void*) {}, nullptr);
        ASSERT_TRUE(thread.ok());
        ASSERT_EQ(regions.size(), 1u);
        end_threads();
        thread.value().join();
        ASSERT_TRUE(regions.empty());
    }
    EXPECT_EQ(stuck, 0);
    EXPECT_TRUE(kernel.self().mappings.empty());
}

TEST_F(Memory_source, ThreadsThatDoNotStartReleaseTheirAreas) {
    int failures = 0;
    for (kernel.fail_at = 0;; ++kernel.fail_at, ++failures) {
        kernel.calls = 0;
        auto thread = Thread::start([](void*) {}, nullptr);
        if (thread.ok()) {
            end_threads();
            break;
        }
        EXPECT_TRUE(regions.empty()) << "call " << kernel.fail_at;
    }
    EXPECT_GT(failures, 3);
    EXPECT_EQ(stuck, 0);
}

TEST_F(Memory_source, ProgramsThatDoNotStartReleaseTheirMemory) {
    int failures = 0;
    for (kernel.fail_at = 0;; ++kernel.fail_at, ++failures) {
        kernel.calls = 0;
        if (start_sample().ok())
            break;
        EXPECT_TRUE(regions.empty()) << "call " << kernel.fail_at;
    }
    EXPECT_GT(failures, 10);
    EXPECT_EQ(stuck, 0);
    EXPECT_FALSE(regions.empty()); // of the one that runs
}

} // namespace
} // namespace lavandin
