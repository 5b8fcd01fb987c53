// SPDX-License-Identifier: MIT
#include <kernel/capability_table.hpp>
#include <kernel/process.hpp>

namespace kernel {

using abi::Capability_index;

Capability_table::Slot* Capability_table::slot(Capability_index index) {
    uint64_t const page = index / page_slots;
    return page < _page_count ? &_pages[page][index % page_slots] : nullptr;
}

Result<Capability> Capability_table::find(Capability_index index) {
    if (index == abi::self_process)
        return Capability{Ref<Object>{_owner}, abi::process_permission::all, 0};
    Lock_guard const guard{_lock};
    Slot const* const found = slot(index);
    if (!found || !found->object)
        return Error::invalid_capability;
    return Capability{Ref<Object>{*found->object}, found->permissions, found->badge_or_next};
}

Result<void> Capability_table::add_page() {
    if (_page_count == most_pages || _closed)
        return Error::table_full;
    TRY_VOID(_owner.quota().charge(page_size));
    auto const page = take_kernel_page();
    if (!page.ok()) {
        _owner.quota().refund(page_size);
        return page.error();
    }
    _pages[_page_count] = static_cast<Slot*>(page.value());
    uint64_t const first = _page_count++ * page_slots;
    for (uint64_t index = first + page_slots; index-- > first;)
        if (index > abi::self_process) {
            slot(static_cast<Capability_index>(index))->badge_or_next = _free;
            _free = index;
        }
    return {};
}

Result<Capability_index> Capability_table::add(Capability const& capability) {
    Lock_guard const guard{_lock};
    if (!_free)
        TRY_VOID(add_page());
    auto const index = static_cast<Capability_index>(_free);
    Slot& used = *slot(index);
    _free = used.badge_or_next;
    used = {capability.object.get(), capability.badge, capability.permissions};
    used.object->acquire();
    used.object->capability_added(used.permissions);
    return index;
}

Result<void> Capability_table::remove(Capability_index index) {
    if (index == abi::self_process)
        return Error::invalid_argument;
    Ref<Object> object; // goes after the lock
    Lock_guard const guard{_lock};
    Slot* const found = slot(index);
    if (!found || !found->object)
        return Error::invalid_capability;
    object = Ref<Object>{*found->object};
    Permissions const permissions = found->permissions;
    *found = {nullptr, _free, 0};
    _free = index;
    object->drop();
    object->capability_removed(permissions);
    return {};
}

void Capability_table::clear() {
    _closed = true;
    for (uint64_t index = 2; index < _page_count * page_slots; ++index)
        (void)remove(static_cast<Capability_index>(index));
    while (_page_count) {
        give_kernel_page(_pages[--_page_count]);
        _owner.quota().refund(page_size);
    }
    _free = 0;
}

} // namespace kernel
