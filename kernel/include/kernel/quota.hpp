// SPDX-License-Identifier: MIT
// Who pays for kernel memory: a budget in bytes, carved from another one.
//
// Objects hold a reference to the quota that paid for them. When a process is gone its quota stays
// until the last object charged to it is gone, too; what they do not use returns to the parent at
// once.
#pragma once

#include <kernel/lock.hpp>
#include <kernel/reference.hpp>
#include <kernel/result.hpp>

namespace kernel {

class Quota : public Counted {
public:
    // How many may stand above one: what returns may have to pass them all.
    static constexpr unsigned deepest = 63;

    // The first quota: `limit` bytes, no parent.
    explicit Quota(uint64_t limit) : _limit{limit} {}
    // `limit` has been charged to `parent` by the caller.
    Quota(uint64_t limit, Ref<Quota> parent)
        : _limit{limit}, _depth{static_cast<uint8_t>(parent->_depth + 1)},
          _parent{static_cast<Ref<Quota>&&>(parent)} {}

    // Error: quota_exceeded; nothing is charged then.
    Result<void> charge(uint64_t bytes) {
        Lock_guard const guard{_lock};
        if (bytes > _limit - _used)
            return Error::quota_exceeded;
        _used += bytes;
        return {};
    }

    // What a closed quota gets back goes on to the one above, and so on up to one that is open.
    void refund(uint64_t bytes) {
        for (Quota* quota = this; quota && quota->give_back(bytes); quota = quota->_parent.get())
            ;
    }

    // Nothing can be charged any more; what is not in use returns to the parent at once.
    void close() {
        uint64_t unused;
        {
            Lock_guard const guard{_lock};
            if (_closed || !_parent)
                return;
            _closed = true;
            unused = _limit - _used;
            _limit = _used;
        }
        _parent->refund(unused);
    }

    uint64_t limit() const { return _limit; }
    uint64_t used() const { return _used; }
    unsigned depth() const { return _depth; }
    Ref<Quota> parent() const { return _parent; }

    void last_reference_gone(); // refunds the whole budget to the parent

private:
    // True when the bytes are to go on to the parent.
    bool give_back(uint64_t bytes) {
        Lock_guard const guard{_lock};
        _used -= bytes;
        if (_closed)
            _limit -= bytes;
        return _closed;
    }

    Lock _lock; // guards what follows
    uint64_t _limit;
    uint64_t _used{0};
    bool _closed{false};
    uint8_t const _depth{0};
    Ref<Quota> _parent;
};

} // namespace kernel
