// SPDX-License-Identifier: MIT
// Mapping and unmapping up to 16 MiB, in steps.
//
//   map     claim the addresses -> look whether they are free -> take page tables
//           -> enter pages, the record grows with them -> drop the claim
//   unmap   claim -> look whether all are mapped -> split a record if need be
//           -> take pages out, records shrink -> drop the claim
//
// An error comes before the first page changes, but for the end of the process and the revocation
// of the capability that is mapped by; what was entered until then is taken out again. Who meets a
// claim is answered as if it had come before that mapping, or after that unmapping.
#pragma once

#include <kernel/memory.hpp>
#include <kernel/process.hpp>

namespace kernel {

class Map_steps {
public:
    // What `wanted` names must last as long as this.
    Map_steps(Ref<Process> process, Mappings::Wanted const& wanted)
        : _process{static_cast<Ref<Process>&&>(process)}, _wanted{wanted} {}

    // True when there is more to do. Errors, after which undo() has to be called until it answers
    // false: already_mapped, quota_exceeded, out_of_memory, invalid_capability (the slot does not
    // hold the memory any more), peer_died.
    Result<bool> step();
    bool undo();

private:
    Result<void> begin();
    void finish();

    Ref<Process> _process;
    Mappings::Wanted const _wanted;
    Ref<Mapping> _mapping;
    Mappings::Claim _claim{};
    arch::Table_reserve _tables;
    uint64_t _looked{0};
    uint64_t _entered{0};
    bool _has_tables{true}; // as far as we have looked
};

class Unmap_steps {
public:
    Unmap_steps(Ref<Process> process, User_address address, uint64_t count)
        : _process{static_cast<Ref<Process>&&>(process)}, _claim{{},
                                                                 address.value,
                                                                 address.value + count * page_size},
          _looked{address.value}, _left{count} {}
    ~Unmap_steps() { _process->mappings().drop(_claim); }

    // True when there is more to do. Errors: not_mapped, invalid_argument (a page is the kernel's),
    // quota_exceeded, out_of_memory, peer_died.
    Result<bool> step();

private:
    Ref<Process> _process;
    Mappings::Claim _claim;
    uint64_t _looked;
    uint64_t _left; // pages
    bool _has_split{false};
};

} // namespace kernel
