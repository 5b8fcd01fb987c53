// SPDX-License-Identifier: MIT
#include <kernel/mapping_steps.hpp>

namespace kernel {

namespace {

constexpr uint64_t look_step = arch::Address_space::look_step;
constexpr uint64_t change_step = arch::Address_space::change_step;

uint64_t lesser(uint64_t a, uint64_t b) { return a < b ? a : b; }

} // namespace

Result<void> Map_steps::begin() {
    _mapping = TRY(_process->mappings().make(_wanted));
    _claim.begin = _wanted.address.value;
    _claim.end = _claim.begin + _wanted.count * page_size;
    if (!_process->mappings().claim_free(_claim))
        return Error::already_mapped;
    return {};
}

Result<bool> Map_steps::step() {
    if (!_process->alive())
        return Error::peer_died;
    if (!_mapping)
        TRY_VOID(begin());
    auto& space = _process->space();
    if (_looked < _wanted.count) {
        uint64_t const count = lesser(look_step, _wanted.count - _looked);
        auto const found = space.look(User_address{_claim.begin + _looked * page_size}, count);
        if (found == arch::Look::mapped)
            return Error::already_mapped;
        _has_tables = _has_tables && found == arch::Look::free;
        _looked += count;
        if (_looked < _wanted.count)
            return true;
    }
    if (!_has_tables) {
        if (TRY(space.take_tables(_wanted.address, _wanted.count, _tables)))
            return true;
        _has_tables = true;
    }
    if (_entered == 0 && TRY(_wanted.memory.separate_step()))
        return true;
    uint64_t const count = lesser(change_step, _wanted.count - _entered);
    TRY_VOID(_process->mappings().enter(*_mapping, _wanted, _entered, count, _tables));
    _entered += count;
    if (_entered < _wanted.count)
        return true;
    finish();
    return false;
}

// Others may have entered tables that we had taken, too.
void Map_steps::finish() {
    _process->space().give_back(_tables);
    _process->mappings().drop(_claim);
}

bool Map_steps::undo() {
    if (_entered && !_mapping->gone()) {
        _process->mappings().revoke_part(*_mapping);
        if (!_mapping->gone())
            return true;
    }
    finish();
    return false;
}

Result<bool> Unmap_steps::step() {
    if (!_process->alive())
        return Error::peer_died;
    auto& mappings = _process->mappings();
    if (!_claim.linked() && !mappings.claim(_claim))
        return Error::not_mapped;
    if (_looked < _claim.end) {
        uint64_t const count = lesser(look_step, (_claim.end - _looked) / page_size);
        TRY_VOID(_process->space().unmappable(User_address{_looked}, count));
        _looked += count * page_size;
        if (_looked < _claim.end)
            return true;
    }
    if (!_has_split && TRY(mappings.prepare_split(_claim.begin, _claim.end)))
        return true;
    if (!_has_split)
        TRY_VOID(mappings.split(_claim.begin, _claim.end));
    _has_split = true;
    uint64_t const taken = mappings.take_out_some(_claim.begin, _claim.end, _left);
    _left -= taken;
    return taken && _left;
}

} // namespace kernel
