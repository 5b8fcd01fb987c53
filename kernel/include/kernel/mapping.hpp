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
    friend class Memory;
    void grow(uint64_t pages) { _count = static_cast<uint16_t>(_count + pages); }
    void cut_to(uint64_t begin, uint64_t end);

    Process& _process;
    Ref<Memory> _memory;
    uint64_t _begin;
    uint16_t _first;
    uint16_t _count;
    arch::Rights const _rights;
    bool _gone{false};
};

// Of a process. What changes many pages does so in parts (mapping_steps.hpp): a record covers just
// the pages that are there, and a claim keeps others from the addresses meanwhile.
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

    // In one go, at start. Errors: already_mapped, quota_exceeded, out_of_memory; nothing changes
    // then.
    Result<void> map(Wanted const& wanted);

    // Addresses at which somebody maps or unmaps: nobody else does.
    struct Claim : List_link {
        uint64_t begin;
        uint64_t end;
    };
    // False when somebody else has claimed one of them, or, of free ones, when one is mapped.
    bool claim(Claim& claim);
    bool claim_free(Claim& claim);
    void drop(Claim& claim);
    bool claimed(uint64_t address);

    // A record of no pages. The process pays. Errors: quota_exceeded, out_of_memory.
    Result<Ref<Mapping>> make(Wanted const& wanted);
    // The next pages of it are entered, `entered` behind its first one. Error: invalid_capability
    // (it was revoked, or the slot does not hold the memory any more).
    Result<void> enter(Mapping& mapping, Wanted const& wanted, uint64_t entered, uint64_t count,
                       arch::Table_reserve& tables);

    // What has to be done before split(). One step; true when there is more to do. Error:
    // out_of_memory.
    Result<bool> prepare_split(uint64_t begin, uint64_t end);
    // For what remains behind a piece out of the middle there is a record of its own. Errors:
    // quota_exceeded, out_of_memory.
    Result<void> split(uint64_t begin, uint64_t end);
    // Unmaps some of the pages between, which are `left` at most, as many as one step may. Answers
    // how many.
    uint64_t take_out_some(uint64_t begin, uint64_t end, uint64_t left);
    // The same with the last pages of a mapping of ours.
    void revoke_part(Mapping& mapping);
    // The same with all there is. False when there was nothing.
    bool clear_step();

    // A write to `address` was refused. True when it will succeed now: the page was shared with a
    // copy of the memory, and the memory has one of its own now.
    bool allow_write(uint64_t address);

private:
    using Gone = List<Mapping, Memory_tag>;

    Mapping* first_in(uint64_t begin, uint64_t end) const;
    Mapping* around(uint64_t begin, uint64_t end) const;
    bool overlaps(Claim const& claim);
    uint64_t cut(Mapping& mapping, uint64_t begin, uint64_t end, uint64_t most, Gone& gone);
    void insert(Mapping& mapping);
    void take_out(Mapping& mapping, Gone& gone);
    static void drop(Gone& gone);

    Lock _lock; // guards the tree; where a mapping lies, its memory's lock too
    Process& _process;
    Ordered_tree<Mapping> _tree;
    List<Claim, Claim> _claims;
};

} // namespace kernel
