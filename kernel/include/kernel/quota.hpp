// SPDX-License-Identifier: MIT
// Who pays for kernel memory: a budget in bytes, carved from another one.
//
// Objects hold a reference to the quota that paid for them. When a process is gone its quota stays
// until the last object charged to it is gone, too; then the whole budget returns to the parent.
#pragma once

#include <kernel/lock.hpp>
#include <kernel/reference.hpp>
#include <kernel/result.hpp>

namespace kernel {

class Quota : public Counted {
public:
    // The first quota: `limit` bytes, no parent.
    explicit Quota(uint64_t limit) : _limit{limit} {}
    // `limit` has been charged to `parent` by the caller.
    Quota(uint64_t limit, Ref<Quota> parent)
        : _limit{limit}, _parent{static_cast<Ref<Quota>&&>(parent)} {}

    // Error: quota_exceeded; nothing is charged then.
    Result<void> charge(uint64_t bytes) {
        Lock_guard const guard{_lock};
        if (bytes > _limit - _used)
            return Error::quota_exceeded;
        _used += bytes;
        return {};
    }

    void refund(uint64_t bytes) {
        Lock_guard const guard{_lock};
        _used -= bytes;
    }

    uint64_t limit() const { return _limit; }
    uint64_t used() const { return _used; }
    Ref<Quota> parent() const { return _parent; }

    void last_reference_gone(); // refunds the whole budget to the parent

private:
    Lock _lock; // guards _used
    uint64_t const _limit;
    uint64_t _used{0};
    Ref<Quota> _parent;
};

} // namespace kernel
