// SPDX-License-Identifier: MIT
#include <arch/address_space.hpp>
#include <kernel/table_supply.hpp>
#include <kernel/thread.hpp>

namespace kernel {

namespace {

class Supply_operation final : public Operation {
public:
    Supply_operation(Thread& caller, unsigned levels) : _caller{caller}, _levels{levels} {}

    // Without a frame for one, the call itself says so.
    bool step(Thread&) override {
        _done = !arch::supply_table(_levels);
        return !_done;
    }

    void end() override {
        Thread& caller = _caller;
        bool const done = _done;
        this->~Supply_operation();
        if (done)
            caller.work.call_again();
    }

private:
    Thread& _caller;
    unsigned const _levels;
    bool _done{false};
};

} // namespace

bool supply_tables(Thread& caller, unsigned levels) {
    if (caller.work.calls_again() || arch::supplied(levels))
        return false;
    caller.work.carry_out<Supply_operation>(caller, levels);
    return true;
}

} // namespace kernel
