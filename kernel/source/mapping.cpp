// SPDX-License-Identifier: MIT
#include <kernel/log.hpp>
#include <kernel/mapping_steps.hpp>
#include <kernel/process.hpp>

namespace kernel {

namespace {

constexpr uint64_t step_pages = arch::Address_space::change_step;
constexpr unsigned step_mappings = 4;

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

bool Mappings::overlaps(Claim const& claim) {
    for (Claim* other = _claims.front(); other; other = _claims.next(*other))
        if (other->begin < claim.end && claim.begin < other->end)
            return true;
    return false;
}

bool Mappings::claim(Claim& claim) {
    Lock_guard const guard{_lock};
    if (overlaps(claim))
        return false;
    _claims.push_back(claim);
    return true;
}

bool Mappings::claim_free(Claim& claim) {
    Lock_guard const guard{_lock};
    if (overlaps(claim) || first_in(claim.begin, claim.end))
        return false;
    _claims.push_back(claim);
    return true;
}

void Mappings::drop(Claim& claim) {
    Lock_guard const guard{_lock};
    if (claim.linked())
        claim.unlink();
}

bool Mappings::claimed(uint64_t address) {
    Lock_guard const guard{_lock};
    return overlaps({{}, address, address + page_size});
}

// The first mapping that has one of these addresses, or nullptr.
Mapping* Mappings::first_in(uint64_t begin, uint64_t end) const {
    Mapping* found = _tree.at_or_before(begin);
    if (!found || found->end() <= begin)
        found = found ? _tree.next(*found) : _tree.first();
    return found && found->begin() < end ? found : nullptr;
}

// The tree's reference.
void Mappings::insert(Mapping& mapping) {
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

Result<Ref<Mapping>> Mappings::make(Wanted const& wanted) {
    return make_mapping(_process, wanted.memory, wanted.address.value, wanted.first, 0,
                        wanted.rights);
}

Result<void> Mappings::enter(Mapping& mapping, Wanted const& wanted, uint64_t entered,
                             uint64_t count, arch::Table_reserve& tables) {
    Lock_guard const guard{_lock};
    if (mapping.gone() || mapping.end() != wanted.address.value + entered * page_size)
        return Error::invalid_capability;
    if (entered == 0) {
        if (wanted.table && !wanted.table->derive(wanted.slot, wanted.memory, mapping))
            return Error::invalid_capability;
        insert(mapping);
    }
    wanted.memory.enter(mapping, count, tables);
    return {};
}

// The mapping of which such a piece leaves two, or nullptr.
Mapping* Mappings::around(uint64_t begin, uint64_t end) const {
    Mapping* const found = _tree.at_or_before(begin);
    return found && found->begin() != begin && found->end() > end ? found : nullptr;
}

Result<bool> Mappings::prepare_split(uint64_t begin, uint64_t end) {
    Lock_guard const guard{_lock};
    Mapping* const split = around(begin, end);
    return split ? split->memory().separate_step() : Result<bool>{false};
}

Result<void> Mappings::split(uint64_t begin, uint64_t end) {
    Lock_guard const guard{_lock};
    Mapping* const around = this->around(begin, end);
    if (!around)
        return {};
    Ref<Mapping> const rest = TRY(make_mapping(
        _process, around->memory(), end, around->first() + (end - around->begin()) / page_size,
        (around->end() - end) / page_size, around->rights()));
    insert(*rest);
    {
        Lock_guard const derivation{derivation_lock};
        around->add_neighbour(*rest);
    }
    around->memory().change([&] {
        around->memory().add_rest(*rest);
        around->cut_to(around->begin(), end);
    });
    return {};
}

// At most so many pages: from where the mapping begins, or to where it ends when it begins before.
// Answers how many.
uint64_t Mappings::cut(Mapping& mapping, uint64_t begin, uint64_t end, uint64_t most, Gone& gone) {
    bool const at_end = mapping.begin() < begin;
    uint64_t const from = at_end ? begin : mapping.begin();
    uint64_t const to = mapping.end() < end ? mapping.end() : end;
    uint64_t const there = (to - from) / page_size;
    uint64_t const count = there < most ? there : most;
    uint64_t const address = at_end ? to - count * page_size : from;
    _process.space().take_out(User_address{address}, count);
    if (count == mapping.count())
        take_out(mapping, gone);
    else if (at_end)
        mapping.memory().change([&] { mapping.cut_to(mapping.begin(), address); });
    else
        mapping.memory().change(
            [&] { mapping.cut_to(address + count * page_size, mapping.end()); });
    return count;
}

uint64_t Mappings::take_out_some(uint64_t begin, uint64_t end, uint64_t left) {
    Gone gone;
    uint64_t const wanted = left < step_pages ? left : step_pages;
    uint64_t taken = 0;
    {
        Lock_guard const guard{_lock};
        for (unsigned i = 0; i < step_mappings && taken < wanted; ++i) {
            Mapping* const mapping = first_in(begin, end);
            if (!mapping)
                break;
            taken += cut(*mapping, begin, end, wanted - taken, gone);
        }
    }
    drop(gone);
    return taken;
}

void Mappings::revoke_part(Mapping& mapping) {
    Gone gone;
    {
        Lock_guard const guard{_lock};
        if (mapping.gone())
            return;
        uint64_t const count = mapping.count() < step_pages ? mapping.count() : step_pages;
        (void)cut(mapping, mapping.end() - count * page_size, mapping.end(), count, gone);
    }
    drop(gone);
}

bool Mappings::clear_step() {
    if (_tree.empty())
        return false;
    (void)take_out_some(0, abi::user_end, step_pages);
    return true;
}

bool Mappings::allow_write(uint64_t address) {
    Lock_guard const guard{_lock};
    Mapping* const mapping = _tree.at_or_before(address);
    if (!mapping || address >= mapping->end() || mapping->rights() != arch::Rights::read_write)
        return false;
    uint64_t const page = mapping->first() + (address - mapping->begin()) / page_size;
    return mapping->memory().allow_write(*mapping, page).ok();
}

Result<void> Mappings::map(Wanted const& wanted) {
    Map_steps steps{Ref<Process>{_process}, wanted};
    for (;;) {
        auto const more = steps.step();
        if (more.ok() && more.value())
            continue;
        while (!more.ok() && steps.undo())
            ;
        return more.error();
    }
}

} // namespace kernel
