// SPDX-License-Identifier: MIT
// What a process has mapped: one record per memory_map, in order of addresses. A record hangs below
// the capability to the memory (it goes when that is revoked), and in its Memory's list of mappings
// (whose pages change with it). Each keeps its Memory.
#pragma once

#include <arch/address_space.hpp>
#include <kernel/capability_table.hpp>
#include <kernel/list.hpp>
#include <kernel/ordered_tree.hpp>

namespace kernel {

class Memory;
class Process;

struct Memory_tag : List_link {};

class Mapping final : public Counted, public Derivation_node, public Tree_link, public Memory_tag {
public:
    Mapping(Process& process, Ref<Memory> memory, uint64_t begin, uint64_t first, uint64_t count,
            arch::Rights rights);

    Process& process() const { return _process; }
    Memory& memory() const { return *_memory; }
    arch::Rights rights() const { return _rights; }
    uint64_t key() const { return _begin; }
    uint64_t begin() const { return _begin; } // address
    uint64_t end() const { return _begin + _count * page_size; }
    uint64_t first() const { return _first; } // page of the memory
    uint64_t count() const { return _count; } // pages
    bool gone() const { return _gone; }

    void last_reference_gone();

private:
    friend class Mappings;
    void cut_to(uint64_t begin, uint64_t end);

    Process& _process;
    Ref<Memory> _memory;
    uint64_t _begin;
    uint16_t _first;
    uint16_t _count;
    arch::Rights const _rights;
    bool _gone{false};
};

class Mappings {
public:
    explicit Mappings(Process& process) : _process{process} {}

    struct Wanted {
        Memory& memory;
        User_address address;
        uint64_t first; // page of the memory
        uint64_t count; // pages
        arch::Rights rights;
        // The capability it is made by; no table: by the kernel itself.
        Capability_table* table{nullptr};
        abi::Capability_index slot{0};
    };

    // Errors: already_mapped, quota_exceeded, out_of_memory, invalid_capability (the slot does not
    // hold the memory any more); nothing changes then.
    Result<void> map(Wanted const& wanted);
    // Errors: not_mapped, invalid_argument (a page is the kernel's), quota_exceeded and
    // out_of_memory (for what remains behind a piece out of the middle); nothing changes then.
    Result<void> unmap(User_address address, uint64_t count);
    // Unmaps the last pages of a mapping of ours, as many as one step may take.
    void revoke_part(Mapping& mapping);

    // A write to `address` was refused. True when it will succeed now: the page was shared with a
    // copy of the memory, and the memory has one of its own now.
    bool allow_write(uint64_t address);

    // All are gone from the address space: forgets them.
    void clear();

private:
    using Gone = List<Mapping, Memory_tag>;

    void cut_out(uint64_t begin, uint64_t end, Ref<Mapping> const& rest, Gone& gone);
    void enter(Mapping& mapping);
    void take_out(Mapping& mapping, Gone& gone);
    static void drop(Gone& gone);

    Lock _lock; // guards the tree; where a mapping lies, its memory's lock too
    Process& _process;
    Ordered_tree<Mapping> _tree;
};

} // namespace kernel
