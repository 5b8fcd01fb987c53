// SPDX-License-Identifier: MIT
#include <kernel/capability_table.hpp>
#include <kernel/process.hpp>

namespace kernel {

using abi::Capability_index;

Lock derivation_lock;

namespace {

bool takes_badge(Object_type type) {
    return type == Object_type::endpoint || type == Object_type::notification;
}

} // namespace

Capability_table::Capability_table(Process& owner) : _owner{owner}, _self{&owner} {
    _self.permissions = abi::process_permission::all;
}

Capability_table::Slot& Capability_table::header_of(Slot& slot) {
    return *reinterpret_cast<Slot*>(reinterpret_cast<uint64_t>(&slot) & ~(page_size - 1));
}

Result<Capability> Capability_table::find(Capability_index index) {
    Lock_guard const guard{_lock};
    Slot const* const found = used_slot(index);
    if (!found)
        return Error::invalid_capability;
    return Capability{Ref<Object>{*found->object}, found->permissions, found->badge_or_next};
}

Result<void> Capability_table::add_page() {
    if (_page_count == most_pages || _closed)
        return Error::table_full;
    TRY_VOID(_owner.quota().charge(page_size));
    auto const memory = take_kernel_page();
    if (!memory.ok()) {
        _owner.quota().refund(page_size);
        return memory.error();
    }
    auto* const slots = static_cast<Slot*>(memory.value());
    for (uint64_t i = 0; i < page_slots; ++i)
        new (slots + i) Slot;
    slots->table = this;
    slots->page = static_cast<uint16_t>(_page_count);
    uint64_t const first = _page_count * page_slots;
    for (uint64_t i = page_slots; i-- > 1;)
        if (first + i != abi::self_process) {
            slots[i].badge_or_next = _free;
            _free = first + i;
        }
    _pages[_page_count++] = slots;
    return {};
}

Result<bool> Capability_table::make_room() {
    Lock_guard const links{derivation_lock};
    Lock_guard const guard{_lock};
    if (_free)
        return false;
    TRY_VOID(add_page());
    return true;
}

// Its page is the last one, and all free slots are in there.
void Capability_table::take_back_room() {
    Lock_guard const links{derivation_lock};
    Lock_guard const guard{_lock};
    give_kernel_page(_pages[--_page_count]);
    _owner.quota().refund(page_size);
    _free = 0;
}

Result<Capability_index> Capability_table::add(Capability const& capability) {
    Lock_guard const guard{derivation_lock};
    return add_below(capability, nullptr);
}

Result<Capability_index> Capability_table::add_derived(Capability const& capability,
                                                       Capability_index above,
                                                       Object const& object) {
    Lock_guard const guard{derivation_lock};
    Slot* const parent = used_slot(above);
    if (!parent || parent->object != &object)
        return Error::invalid_capability;
    return add_below(capability, parent);
}

Result<Capability_index> Capability_table::add_below(Capability const& capability,
                                                     Derivation_node* parent) {
    Lock_guard const guard{_lock};
    if (_closed)
        return Error::table_full;
    if (!_free)
        TRY_VOID(add_page());
    auto const index = static_cast<Capability_index>(_free);
    Slot& used = *slot(index);
    _free = used.badge_or_next;
    used.object = capability.object.get();
    used.badge_or_next = capability.badge;
    used.permissions = capability.permissions;
    used.object->acquire();
    used.object->capability_added(used.permissions);
    if (parent)
        parent->add_child(used);
    return index;
}

Result<Capability_index> Capability_table::copy(Capability_index index, Capability_table& to,
                                                Permissions permissions, uint64_t badge) {
    Lock_guard const guard{derivation_lock};
    Capability capability = TRY(find(index));
    if (badge && !takes_badge(capability.object->type()))
        return Error::wrong_type;
    if (badge && capability.badge)
        return Error::invalid_argument;
    capability.permissions &= permissions;
    if (!capability.permissions)
        return Error::invalid_argument;
    if (!to._owner.alive())
        return Error::peer_died;
    capability.badge = badge ? badge : capability.badge;
    return to.add_below(capability, used_slot(index)); // nobody empties it meanwhile
}

bool Capability_table::derive(Capability_index index, Object const& object, Derivation_node& node) {
    Lock_guard const guard{derivation_lock};
    Slot* const parent = used_slot(index);
    if (!parent || parent->object != &object)
        return false;
    parent->add_child(node);
    return true;
}

Result<Derivation_node*> Capability_table::first_derived(Capability_index index) {
    Slot* const found = used_slot(index);
    return found ? found->first_child() : Result<Derivation_node*>{Error::invalid_capability};
}

Capability Capability_table::take(Derivation_node& node) {
    Slot& slot = static_cast<Slot&>(node);
    slot.remove();
    Slot& header = header_of(slot);
    Capability_table& table = *header.table;
    Lock_guard const guard{table._lock};
    Capability capability{Ref<Object>{*slot.object}, slot.permissions, slot.badge_or_next};
    (void)slot.object->drop(); // the slot's reference; `capability` has one
    slot.object = nullptr;
    slot.badge_or_next = table._free;
    slot.permissions = 0;
    table._free = header.page * page_slots + static_cast<uint64_t>(&slot - &header);
    return capability;
}

void Capability_table::dropped(Capability const& capability) {
    capability.object->capability_removed(capability.permissions);
}

Result<void> Capability_table::remove(Capability_index index) {
    if (index == abi::self_process)
        return Error::invalid_argument;
    Capability capability; // goes after the lock
    {
        Lock_guard const guard{derivation_lock};
        Slot* const found = used_slot(index);
        if (!found)
            return Error::invalid_capability;
        capability = take(*found);
    }
    dropped(capability);
    return {};
}

void Capability_table::close() {
    Lock_guard const links{derivation_lock};
    Lock_guard const guard{_lock};
    _closed = true;
    _self.remove();
}

// One slot that holds something, or a page of slots that hold nothing.
bool Capability_table::clear_step() {
    uint64_t const end = _page_count * page_slots;
    for (uint64_t looked = 0; _cleared < end && looked < look_step; ++looked)
        if (remove(static_cast<Capability_index>(_cleared++)).ok())
            return true;
    if (_cleared < end)
        return true;
    if (_page_count == 0)
        return false;
    _free = 0;
    give_kernel_page(_pages[--_page_count]);
    _owner.quota().refund(page_size);
    return true;
}

} // namespace kernel
