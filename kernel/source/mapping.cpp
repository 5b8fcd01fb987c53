// SPDX-License-Identifier: MIT
#include <kernel/log.hpp>
#include <kernel/mapping.hpp>
#include <kernel/memory.hpp>
#include <kernel/process.hpp>

namespace kernel {

namespace {

constexpr uint64_t step_pages = 64; // that one step of a revocation unmaps

static_assert(Memory::largest / page_size <= UINT16_MAX);
static_assert(sizeof(Mapping) <= 128);

// The process pays.
Result<Ref<Mapping>> make_mapping(Process& process, Memory& memory, uint64_t begin, uint64_t first,
                                  uint64_t count, arch::Rights rights) {
    auto& slab = slab_of<Mapping>();
    TRY_VOID(process.quota().charge(slab.object_bytes()));
    auto const place = slab.allocate();
    if (!place.ok()) {
        process.quota().refund(slab.object_bytes());
        return place.error();
    }
    return Ref<Mapping>{*new (place.value())
                            Mapping{process, Ref<Memory>{memory}, begin, first, count, rights}};
}

} // namespace

Mapping::Mapping(Process& process, Ref<Memory> memory, uint64_t begin, uint64_t first,
                 uint64_t count, arch::Rights rights)
    : Derivation_node{Kind::mapping}, _process{process},
      _memory{static_cast<Ref<Memory>&&>(memory)}, _begin{begin},
      _first{static_cast<uint16_t>(first)}, _count{static_cast<uint16_t>(count)}, _rights{rights} {}

void Mapping::last_reference_gone() {
    Quota& quota = _process.quota();
    this->~Mapping();
    slab_of<Mapping>().release(this);
    quota.refund(slab_of<Mapping>().object_bytes());
}

void Mapping::cut_to(uint64_t begin, uint64_t end) {
    _first = static_cast<uint16_t>(_first + (begin - _begin) / page_size);
    _count = static_cast<uint16_t>((end - begin) / page_size);
    _begin = begin;
}

// The tree's reference is the one that `mapping` comes with.
void Mappings::enter(Mapping& mapping) {
    mapping.acquire();
    _tree.insert(mapping);
}

void Mappings::take_out(Mapping& mapping, Gone& gone) {
    _tree.remove(mapping);
    mapping.memory().remove(mapping);
    mapping._gone = true;
    {
        Lock_guard const guard{derivation_lock};
        mapping.Derivation_node::remove();
    }
    gone.push_back(mapping);
}

void Mappings::drop(Gone& gone) {
    while (Mapping* const mapping = gone.pop_front())
        if (mapping->Counted::drop())
            mapping->last_reference_gone();
}

Result<void> Mappings::map(Wanted const& wanted) {
    Ref<Mapping> const mapping = TRY(make_mapping(_process, wanted.memory, wanted.address.value,
                                                  wanted.first, wanted.count, wanted.rights));
    Gone gone;
    Lock_guard guard{_lock};
    TRY_VOID(wanted.memory.add(*mapping));
    enter(*mapping);
    if (wanted.table && !wanted.table->derive(wanted.slot, wanted.memory, *mapping)) {
        (void)_process.space().unmap(wanted.address, wanted.count);
        take_out(*mapping, gone);
        drop(gone); // not the last reference
        return Error::invalid_capability;
    }
    return {};
}

void Mappings::cut_out(uint64_t begin, uint64_t end, Ref<Mapping> const& rest, Gone& gone) {
    Mapping* mapping = _tree.at_or_before(begin);
    if (!mapping)
        mapping = _tree.first();
    while (mapping && mapping->begin() < end) {
        Mapping& here = *mapping;
        mapping = _tree.next(here);
        if (here.end() <= begin)
            continue;
        if (here.begin() >= begin && here.end() <= end) {
            take_out(here, gone);
            continue;
        }
        Memory& memory = here.memory();
        if (rest) {
            enter(*rest);
            Lock_guard const guard{derivation_lock};
            here.add_neighbour(*rest);
        }
        memory.change([&] { // what lies before the piece, or else behind it
            if (rest)
                memory.mappings().push_back(*rest);
            if (here.begin() < begin)
                here.cut_to(here.begin(), begin);
            else
                here.cut_to(end, here.end());
        });
    }
}

Result<void> Mappings::unmap(User_address address, uint64_t count) {
    uint64_t const begin = address.value;
    uint64_t const end = begin + count * page_size;
    Gone gone;
    {
        Lock_guard const guard{_lock};
        Mapping* const around = _tree.at_or_before(begin);
        Ref<Mapping> rest;
        if (around && around->begin() < begin && around->end() > end)
            rest = TRY(make_mapping(_process, around->memory(), end,
                                    around->first() + (end - around->begin()) / page_size,
                                    (around->end() - end) / page_size, around->rights()));
        TRY_VOID(_process.space().unmap(address, count));
        cut_out(begin, end, rest, gone);
    }
    drop(gone);
    return {};
}

void Mappings::revoke_part(Mapping& mapping) {
    Gone gone;
    {
        Lock_guard const guard{_lock};
        if (mapping.gone())
            return;
        uint64_t const count = mapping.count() < step_pages ? mapping.count() : step_pages;
        uint64_t const begin = mapping.end() - count * page_size;
        auto const unmapped = _process.space().unmap(User_address{begin}, count);
        ASSERT(unmapped.ok());
        cut_out(begin, mapping.end(), {}, gone);
    }
    drop(gone);
}

bool Mappings::allow_write(uint64_t address) {
    Lock_guard const guard{_lock};
    Mapping* const mapping = _tree.at_or_before(address);
    if (!mapping || address >= mapping->end() || mapping->rights() != arch::Rights::read_write)
        return false;
    uint64_t const page = mapping->first() + (address - mapping->begin()) / page_size;
    return mapping->memory().own(page, 1).ok();
}

void Mappings::clear() {
    Gone gone;
    {
        Lock_guard const guard{_lock};
        while (Mapping* const mapping = _tree.first())
            take_out(*mapping, gone);
    }
    drop(gone);
}

} // namespace kernel
