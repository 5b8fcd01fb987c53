// SPDX-License-Identifier: MIT
#include "launcher.hpp"

#include <algorithm>
#include <lavandin/abi/scheduling.hpp>
#include <lavandin/environment.hpp>
#include <lavandin/program_loader.hpp>
#include <stdio.h>

namespace lavandin::init {

// Turns the grants of a section into what start_program takes. Names that are put together live
// here as long.
class Launcher::Grants {
public:
    Grants(Launcher const& launcher, Order const& order) : _launcher{launcher}, _order{order} {
        for (Grant const& grant : order.section.grants())
            add(grant);
        give("pool", order.pool, process_permission::control | process_permission::read);
        give("state", order.state, memory_permission::read | memory_permission::write);
    }

    std::span<Given_capability const> given() const { return {_given.data(), _count}; }

private:
    // A device is two capabilities, everything else one; and there are pool and state.
    static constexpr size_t maximum = 2 * Section::maximum_grants + 2;

    void add(Grant const& grant) {
        switch (grant.kind) {
        case Grant_kind::service:
            return give(full_name(grant.name, ".service"), _launcher._services.find(grant.name),
                        endpoint_permission::all);
        case Grant_kind::client:
            return add_client(grant);
        case Grant_kind::system:
            return give("system", _launcher._boot.system, static_cast<Permissions>(grant.value));
        case Grant_kind::device:
            return add_device(grant.name);
        }
    }

    void add_client(Grant const& grant) {
        uint64_t const roles = grant.value | (grant.name == "console" ? _order.console_roles : 0);
        give(grant.name, _launcher._services.find(grant.name), endpoint_permission::call,
             init_protocol::make_badge(_order.number, roles));
    }

    // The image's files can be read, not executed. A machine may lack the ring (the initial domain
    // does): then there is nothing to give.
    void add_device(std::string_view device) {
        auto const& boot = _launcher._boot;
        if (device == "image")
            return give("boot_image", boot.boot_image, memory_permission::read);
        bool const console = device == "console";
        give(full_name(device, "_ring"), console ? boot.console_ring : boot.store_ring,
             memory_permission::read | memory_permission::write);
        give(full_name(device, "_interrupt"),
             console ? boot.console_interrupt : boot.store_interrupt, interrupt_permission::all);
    }

    std::string_view full_name(std::string_view name, char const* suffix) {
        char* const text = _names[_count];
        int const length = snprintf(text, sizeof(_names[0]), "%.*s%s",
                                    static_cast<int>(name.size()), name.data(), suffix);
        return {text, std::min(static_cast<size_t>(length), sizeof(_names[0]) - 1)};
    }

    void give(std::string_view name, Capability_index source, Permissions permissions,
              uint64_t badge = 0) {
        if (source != 0)
            _given[_count++] = {name, source, permissions, badge};
    }

    Launcher const& _launcher;
    Order const& _order;
    size_t _count{0};
    std::array<Given_capability, maximum> _given{};
    char _names[maximum][sizeof(Named_capability::name)];
};

namespace {

// Takes the block of arguments apart, which ends with a NUL; what is too much is left out.
size_t split(std::string_view block, std::span<std::string_view> arguments) {
    size_t count = 0;
    while (!block.empty() && count < arguments.size()) {
        arguments[count] = std::string_view{block.data()};
        block.remove_prefix(arguments[count++].size() + 1);
    }
    return count;
}

constexpr char const* programs = "programs";
constexpr char const* policies = "policies";

} // namespace

abi::Boot_image_file const* Launcher::find(char const* folder, std::string_view file) const {
    char path[sizeof(Boot_image_file::name)];
    int const length =
        snprintf(path, sizeof(path), "%s/%.*s", folder, static_cast<int>(file.size()), file.data());
    return static_cast<size_t>(length) < sizeof(path)
               ? _image.find(path, static_cast<size_t>(length))
               : nullptr;
}

std::span<std::byte const> Launcher::contents(abi::Boot_image_file const& file) const {
    return {reinterpret_cast<std::byte const*>(_image.contents(file.offset)),
            static_cast<size_t>(file.bytes)};
}

uint64_t Launcher::image_bytes(std::string_view file) const {
    constexpr uint64_t beside = layout::default_stack_bytes + page_size; // stack and environment
    auto const* const found = find(programs, file);
    auto const program = found != nullptr ? Elf_program::open(contents(*found))
                                          : Elf_program::Opened{Elf_error::truncated_header};
    return program.ok() ? program.value().image_bytes() + beside : 0;
}

Result<Launched> Launcher::launch(Order const& order) const {
    auto const* const file = find(programs, order.file);
    if (file == nullptr)
        return Error::not_mapped;
    std::string_view arguments[Environment_page::maximum_arguments];
    size_t const count = split(order.block, arguments);
    Grants const grants{*this, order};
    Elf_error reason{};
    auto started = start_program(
        {
            .file = contents(*file),
            .name = order.name,
            .quota = order.quota / page_size * page_size,
            .arguments = {arguments, count},
            .capabilities = grants.given(),
            .priority = order.section.priority,
            .ended = order.ended,
            .group = _groups.find(order.section.group),
        },
        &reason);
    if (!started.ok() && reason != Elf_error::none)
        _messages.say("%.*s: %s", static_cast<int>(order.file.size()), order.file.data(),
                      text(reason));
    if (!started.ok())
        return started.error();
    Started_program& program = started.value();
    if (auto const placed = set_class(program.thread, order.section); !placed.ok()) {
        _messages.say("%.*s: class %llu: %s", static_cast<int>(order.file.size()),
                      order.file.data(),
                      static_cast<unsigned long long>(order.section.scheduling_class),
                      text_of(placed.error()));
        static_cast<void>(program.process.destroy(1));
        return placed.error();
    }
    return Launched{static_cast<Process&&>(program.process), program.stack_begin};
}

// Of the first thread; those that it makes begin where it is.
Result<void> Launcher::set_class(Kernel_thread const& thread, Section const& section) const {
    if (section.scheduling_class == abi::fixed_priority_class)
        return {};
    return thread_set_class(thread.index(), _boot.system, section.scheduling_class,
                            section.parameter);
}

Result<void> Launcher::install(Section const& policy) const {
    Capability module;
    if (!policy.program.empty()) {
        auto const* const file = find(policies, policy.program);
        if (file == nullptr)
            return Error::not_mapped;
        module =
            Capability(TRY(policy_load(_boot.system, _boot.boot_image, file->offset, file->bytes)));
    }
    return policy_install(_boot.system, module.index(), policy.place, policy.share);
}

bool Launcher::has_devices_of(Section const& section) const {
    if (section.requires_device.empty())
        return true;
    return (section.requires_device == "console" ? _boot.console_interrupt : _boot.store_ring) != 0;
}

} // namespace lavandin::init
