// SPDX-License-Identifier: MIT
#include <arch/frames.hpp>
#include <kernel/group.hpp>
#include <kernel/process.hpp>

namespace kernel {

using abi::Group_directory;

namespace {

constexpr uint64_t alone = 0; // number of a process that is in no group with others

} // namespace

Result<void> Group::prepare() {
    TRY_VOID(_top.create(quota()));
    _own.create(_top, quota(), abi::user_begin, abi::region_bytes);
    TRY_VOID(quota().charge(page_size));
    auto const page = take_kernel_page();
    if (!page.ok()) {
        quota().refund(page_size);
        return page.error();
    }
    _directory = static_cast<Group_directory*>(page.value());
    return _own.map_kernel_page(User_address{Group_directory::address},
                                arch::frame_of(page.value()));
}

Result<uint64_t> Group::free_number() const {
    for (uint64_t number = shared() ? 1 : alone; number <= (shared() ? abi::largest_group : alone);
         ++number)
        if (!_members[number])
            return number;
    return Error::table_full;
}

Result<void> Group::add(Process& process, arch::Address_space& space) {
    Lock_guard const guard{_lock};
    uint64_t const number = TRY(free_number());
    _members[number] = &process;
    process.set_identity(abi::Member_identity{process.identifier(), number});
    if (!shared()) {
        space.create(_top, process.quota(), abi::user_begin, abi::user_end);
        return {};
    }
    space.create(_top, process.quota(), number * abi::region_bytes,
                 (number + 1) * abi::region_bytes);
    show(process);
    return {};
}

Process* Group::holder(uint64_t address) const {
    uint64_t const number = shared() ? address / abi::region_bytes : alone;
    return number <= abi::largest_group ? _members[number] : nullptr;
}

void Group::show(Process const& process) {
    abi::Directory_entry entry{process.identity().raw(), 0, {}};
    for (unsigned i = 0; i < sizeof entry.name; ++i)
        entry.name[i] = process.name()[i];
    _directory->members[process.identity().number()] = entry;
}

Process* Group::find(abi::Member_identity identity) const {
    if (!shared())
        return nullptr;
    Process* const member = _members[identity.number()];
    return member && member->alive() && member->identity() == identity ? member : nullptr;
}

void Group::hide(Process& process) {
    if (shared())
        _directory->members[process.identity().number()] = {};
}

// A member whose last thread leaves may go meanwhile.
bool Group::settle_one(uint64_t which) {
    Ref<Group> const self{*this};
    for (Process* const member : _members)
        if (member && member->settle_one(which))
            return true;
    return false;
}

void Group::remove(Process& process) {
    Lock_guard const guard{_lock};
    _members[process.identity().number()] = nullptr;
}

// Region 0 has one page: little to do.
void Group::last_reference_gone() {
    while (_own.destroy_step())
        ;
    if (_directory) {
        give_kernel_page(_directory);
        quota().refund(page_size);
    }
    _top.destroy();
    unmake(*this);
}

} // namespace kernel
