// SPDX-License-Identifier: MIT
// Processes that share an address space, in which each has a region of its own. Every process is in
// a group; one that is alone has all of user space.
//
//   top table (paid by the group's maker)
//     [0]   the group's own: its directory
//     [1]   member 1: tables and pages that this process's quota pays
//     ...
//
// The space goes with the last reference: of members and of capabilities.
#pragma once

#include <arch/address_space.hpp>
#include <kernel/object.hpp>
#include <lavandin/abi/group.hpp>

namespace kernel {

class Process;

class Group final : public Object {
public:
    static constexpr Object_type object_type = Object_type::group;

    explicit Group(Ref<Quota> quota) : Object{object_type, static_cast<Ref<Quota>&&>(quota)} {}

    // The space of a process that stays alone. Errors: quota_exceeded, out_of_memory.
    Result<void> prepare_alone() { return _top.create(quota()); }
    // The same for any number of members, with a directory.
    Result<void> prepare();

    // Makes the process a member, and its address space: the whole one if the group is for one
    // process alone, else the region of the lowest free number. Errors: table_full.
    Result<void> add(Process& process, arch::Address_space& space);
    // The process has ended: nobody can call it any more.
    void hide(Process& process);
    // One thread of the group learns of it: see Process::settle_one.
    bool settle_one(uint64_t which);
    // Its address space is gone: the number is free.
    void remove(Process& process);

    bool shared() const { return _directory != nullptr; }
    // The member of that identity, if it lives.
    Process* find(abi::Member_identity identity) const;

    // The member to whose part of the space an address belongs, or nullptr.
    Process* holder(uint64_t address) const;

    void last_reference_gone() override;

private:
    Result<uint64_t> free_number() const;
    void show(Process const& process);

    Lock _lock; // guards the members and the directory
    arch::Top_table _top;
    arch::Address_space _own; // region 0
    Process* _members[abi::largest_group + 1]{};
    abi::Group_directory* _directory{nullptr};
};

} // namespace kernel
