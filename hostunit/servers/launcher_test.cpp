// SPDX-License-Identifier: MIT
// What processes of a section are given, on a fake kernel: capabilities, permissions, badges.
#include <hostunit/libos/fake_kernel.hpp>
#include <hostunit/libos/sample_elf.hpp>

#include <servers/init/launcher.hpp>

#include <lavandin/layout.hpp>
#include <lavandin/mapping.hpp>

#include <cstring>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <string>

namespace lavandin::init {
namespace {

constexpr size_t page = 4096;

// With the programs "bad", which is no ELF file, and "sample".
class Image {
public:
    Image() : _pages((2 * page + room(_sample)) / sizeof(uint64_t)) {
        at<abi::Boot_image_header>(0) = {
            abi::Boot_image_header::expected_magic, 1, 0, bytes(), layout::image_base, 1, 2, {}};
        at<abi::Boot_image_segment>(64) = {page, layout::image_base, page, page,
                                           memory_permission::read | memory_permission::execute};
        file(0, "programs/bad", page, page);
        file(1, "programs/sample", 2 * page, _sample.span().size());
        memcpy(data() + 2 * page, _sample.span().data(), _sample.span().size());
        Crc32 crc;
        crc.add(data(), 64 + 40 + 2 * 64);
        at<abi::Boot_image_header>(0).checksum = crc.value();
    }

    abi::Boot_image open() const {
        auto const opened = abi::Boot_image::open(_pages.data(), bytes());
        EXPECT_TRUE(opened.ok()) << abi::Boot_image::text(opened.error());
        return opened.value();
    }

private:
    static size_t room(Sample_elf const& sample) {
        return (sample.span().size() + page - 1) / page * page;
    }
    size_t bytes() const { return _pages.size() * sizeof(uint64_t); }
    uint8_t* data() { return reinterpret_cast<uint8_t*>(_pages.data()); }
    template <typename T>
    T& at(size_t place) {
        return *reinterpret_cast<T*>(data() + place);
    }
    void file(size_t number, char const* name, uint64_t offset, uint64_t size) {
        auto& entry = at<abi::Boot_image_file>(64 + 40 + number * 64);
        strcpy(entry.name, name);
        entry.offset = offset;
        entry.bytes = size;
    }

    Sample_elf _sample;
    std::vector<uint64_t> _pages;
};

struct Given {
    Capability_index source; // of init's own slots
    Permissions permissions;
    uint64_t badge{0};

    bool operator==(Given const&) const = default;
};
using All_given = std::map<std::string, Given>;

void PrintTo(Given const& given, std::ostream* out) {
    *out << given.source << ": permissions " << given.permissions << ", badge " << given.badge;
}

constexpr Process_number number = 7;
uint64_t roles(uint64_t bits) { return bits << 32 | number; }

class Launching : public testing::Test {
protected:
    Launching() {
        initialise_window({layout::window_begin, layout::window_end});
        boot.system = add(Object_type::system);
        boot.boot_image = add(Object_type::memory);
        boot.console_ring = add(Object_type::memory);
        boot.console_interrupt = add(Object_type::interrupt);
        boot.store_ring = add(Object_type::memory);
        boot.store_interrupt = add(Object_type::interrupt);
        messages.hand_over();
    }

    Capability_index add(Object_type type) {
        return kernel.add(std::make_shared<fake::Object>(type));
    }

    // Parses a manifest; services are made once.
    void manifest_is(std::string_view text) {
        parse_manifest(text, manifest);
        for (Problem const& problem : manifest.problems())
            ADD_FAILURE() << problem.line << ": " << problem.reason;
        ASSERT_TRUE(services.create(manifest).ok());
    }

    Launcher::Order order(char const* section, std::string_view file = "sample") {
        for (Section const& each : manifest.sections())
            if (each.name == section)
                return {.section = each,
                        .quota = 512 * 1024 + 5,
                        .file = file,
                        .name = section,
                        .block = {"sample\0word", 12},
                        .number = number};
        ADD_FAILURE() << section;
        abort();
    }

    // What a process has, by the names in its environment; its own capability to itself aside.
    All_given launched(Launcher::Order const& what) {
        auto const process = launcher.launch(what);
        EXPECT_TRUE(process.ok()) << static_cast<int>(process.error());
        All_given result;
        for (auto const& each : environment().capabilities())
            result[each.name] = given(space().table.at(each.slot));
        EXPECT_EQ(result.size(), space().table.size()) << "a capability without a name";
        EXPECT_TRUE(space().mappings.contains(process.value().stack_begin));
        EXPECT_FALSE(space().mappings.contains(process.value().stack_begin - page));
        return result;
    }

    fake::Space& space() { return *kernel.processes.back(); }
    Environment environment() {
        auto const& stretch = space().mappings.at(space().threads.at(0).argument);
        page_of_environment = stretch.region->contents(0, page);
        return Environment{page_of_environment.data()};
    }

    Given given(fake::Slot const& slot) {
        for (auto const& [index, own] : kernel.self().table)
            if (own.object == slot.object)
                return {index, slot.permissions, slot.badge};
        return {};
    }

    Image stored;
    fake::Kernel kernel;
    abi::Boot_information boot{};
    abi::Boot_image image{stored.open()};
    Manifest manifest;
    Services services;
    Groups groups;
    Messages messages{boot};
    Launcher launcher{boot, image, services, groups, messages};
    std::vector<std::byte> page_of_environment;
};

constexpr std::string_view one_of_each = "[server names]\n"
                                         "quota = 64K\n"
                                         "service = names\n"
                                         "[server console]\n"
                                         "quota = 64K\n"
                                         "service = console\n"
                                         "client = names\n"
                                         "client = init, roles 5\n"
                                         "device = console\n"
                                         "system = console log\n"
                                         "[program reader]\n"
                                         "quota = 64K\n"
                                         "client = console, roles 1\n"
                                         "device = image\n"
                                         "device = store\n"
                                         "[program poor]\n"
                                         "quota = 64K\n"
                                         "[program fair]\n"
                                         "quota = 64K\n"
                                         "class = 1, 10\n";

TEST_F(Launching, a_server_has_what_its_section_lists) {
    manifest_is(one_of_each);
    using namespace system_permission;
    All_given const expected{
        {"console.service", {services.find("console"), endpoint_permission::all}},
        {"names", {services.find("names"), endpoint_permission::call, roles(0)}},
        {"init", {services.find("init"), endpoint_permission::call, roles(5)}},
        {"console_ring", {boot.console_ring, memory_permission::read | memory_permission::write}},
        {"console_interrupt", {boot.console_interrupt, interrupt_permission::all}},
        {"system", {boot.system, console | log}},
    };
    EXPECT_EQ(launched(order("console")), expected);
}

TEST_F(Launching, a_program_has_what_its_section_lists) {
    manifest_is(one_of_each);
    constexpr Permissions ring = memory_permission::read | memory_permission::write;
    All_given const expected{
        {"console", {services.find("console"), endpoint_permission::call, roles(3)}},
        {"boot_image", {boot.boot_image, memory_permission::read}},
        {"store_ring", {boot.store_ring, ring}},
        {"store_interrupt", {boot.store_interrupt, interrupt_permission::all}},
    };
    auto what = order("reader");
    what.console_roles = 2;
    EXPECT_EQ(launched(what), expected);
    EXPECT_EQ(launched(order("poor")), All_given{});
}

TEST_F(Launching, what_lasts_is_handed_to_the_successor) {
    manifest_is(one_of_each);
    auto what = order("poor");
    what.pool = add(Object_type::process);
    what.state = add(Object_type::memory);
    All_given const expected{
        {"pool", {what.pool, process_permission::control | process_permission::read}},
        {"state", {what.state, memory_permission::read | memory_permission::write}},
    };
    EXPECT_EQ(launched(what), expected);
}

TEST_F(Launching, a_device_that_the_machine_lacks_is_left_out) {
    manifest_is(one_of_each);
    boot.store_ring = boot.store_interrupt = 0;
    auto const has = launched(order("reader"));
    EXPECT_EQ(has.size(), 2u);
    EXPECT_EQ(has.count("store_ring") + has.count("store_interrupt"), 0u);
}

TEST_F(Launching, a_process_has_its_arguments_and_whole_pages_of_quota) {
    manifest_is(one_of_each);
    launched(order("poor"));
    EXPECT_EQ(space().quota, 512u * 1024);
    EXPECT_EQ(space().name, "poor");
    auto const has = environment();
    ASSERT_EQ(has.argument_count(), 2u);
    EXPECT_EQ(has.argument(0), "sample");
    EXPECT_EQ(has.argument(1), "word");
}

TEST_F(Launching, files_that_cannot_be_run) {
    manifest_is(one_of_each);
    size_t const slots = kernel.self().table.size();
    std::string const long_name(60, 'x');
    for (std::string_view const name : {std::string_view{"none"}, std::string_view{long_name}})
        EXPECT_EQ(launcher.launch(order("poor", name)).error(), Error::not_mapped);
    EXPECT_EQ(messages.ring().end(), 0u);
    EXPECT_EQ(launcher.launch(order("poor", "bad")).error(), Error::not_supported);
    EXPECT_NE(messages.ring().end(), 0u) << "it is not said what is wrong";
    EXPECT_EQ(launcher.image_bytes("none"), 0u);
    EXPECT_EQ(launcher.image_bytes("bad"), 0u);
    EXPECT_GT(launcher.image_bytes("sample"), layout::default_stack_bytes);
    EXPECT_EQ(kernel.self().table.size(), slots);
    EXPECT_TRUE(kernel.processes.empty());
}

// Whichever call fails, the error comes out and nothing is left; also where its class is refused,
// which this kernel does with all.
TEST_F(Launching, nothing_is_left_of_a_failure) {
    manifest_is(one_of_each);
    size_t const slots = kernel.self().table.size();
    EXPECT_EQ(launcher.launch(order("fair")).error(), Error::no_such_system_call);
    EXPECT_TRUE(space().ended);
    EXPECT_EQ(kernel.self().table.size(), slots);
    int failures = 0;
    for (kernel.fail_at = 0;; ++kernel.fail_at) {
        kernel.calls = 0;
        auto const process = launcher.launch(order("reader"));
        if (process.ok())
            break;
        ++failures;
        EXPECT_EQ(process.error(), Error::quota_exceeded);
        EXPECT_EQ(kernel.self().table.size(), slots) << "call " << kernel.fail_at;
        EXPECT_TRUE(space().ended) << "call " << kernel.fail_at;
    }
    EXPECT_GT(failures, 15);
}

TEST_F(Launching, servers_wait_for_their_device) {
    manifest_is("[server a]\nquota = 64K\nrequires = console\n"
                "[server b]\nquota = 64K\nrequires = store\n"
                "[server c]\nquota = 64K\n");
    auto const needs = [&](char const* name) {
        return launcher.has_devices_of(order(name).section);
    };
    EXPECT_TRUE(needs("a") && needs("b") && needs("c"));
    boot.console_interrupt = boot.store_ring = 0;
    EXPECT_FALSE(needs("a") || needs("b"));
    EXPECT_TRUE(needs("c"));
}

} // namespace
} // namespace lavandin::init
