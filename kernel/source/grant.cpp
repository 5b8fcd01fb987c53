// SPDX-License-Identifier: MIT
#include <kernel/grant.hpp>

namespace kernel {

namespace {

constexpr unsigned tries_at_once = 16; // what one entry to the kernel may cost

Lock lingering_lock; // guards the list
uint64_t lingering_count{0};
List<Grant, Lingering_tag>& lingering() {
    static List<Grant, Lingering_tag> list;
    return list;
}

void linger(Grant& grant) {
    Lock_guard const guard{lingering_lock};
    lingering().push_back(grant);
    __atomic_fetch_add(&lingering_count, 1, __ATOMIC_RELAXED);
}

Grant* take_lingering() {
    Lock_guard const guard{lingering_lock};
    Grant* const first = lingering().pop_front();
    if (first)
        __atomic_fetch_sub(&lingering_count, 1, __ATOMIC_RELAXED);
    return first;
}

} // namespace

Result<void> Grant::prepare(Ref<Memory> memory, Authority const& authority) {
    if (!_binding.attach(authority.table, authority.system_slot, authority.system,
                         authority.memory_slot, *memory))
        return Error::invalid_capability;
    memory->pin();
    _memory = static_cast<Ref<Memory>&&>(memory);
    return {};
}

Result<bool> Grant::prepare_step() {
    if (!_memory)
        return Error::invalid_capability;
    return _memory->pin_step(_prepared);
}

Result<void> Grant::start(uint64_t page, arch::Machine_number machine, bool writable) {
    _reference = TRY(arch::grant(machine, _memory->frame(page), writable));
    _active = true;
    return {};
}

bool Grant::try_to_end() {
    if (_active && !arch::end_grant(_reference))
        return false;
    if (_memory)
        _memory->unpin();
    _active = false;
    _binding.detach();
    _memory.reset();
    return true;
}

Result<void> Grant::end() {
    if (!try_to_end())
        return Error::busy;
    return {};
}

// Whoever holds the object can still try; without anybody it lingers.
void Grant::binding_revoked() {
    _binding.detach();
    if (try_to_end())
        return;
    acquire(); // until it has ended
    linger(*this);
}

void Grant::last_reference_gone() {
    if (try_to_end())
        return unmake(*this);
    _unreferenced = true;
    linger(*this);
}

void end_lingering_grants() {
    uint64_t count = __atomic_load_n(&lingering_count, __ATOMIC_RELAXED);
    for (count = count < tries_at_once ? count : tries_at_once; count; --count) {
        Grant* const grant = take_lingering();
        if (!grant)
            return;
        if (!grant->try_to_end())
            linger(*grant);
        else if (grant->_unreferenced)
            unmake(*grant);
        else if (grant->drop())
            grant->last_reference_gone();
    }
}

} // namespace kernel
