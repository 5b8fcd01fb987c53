// SPDX-License-Identifier: MIT
// Threads that visit other members of their group. The way in and out is user code (the gates of
// libos); here is what becomes of such a thread when it enters the kernel and when a member ends.
// What the message buffer says is copied and looked up: a level counts only while the process that
// it names lives in the thread's own group.
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

using abi::Group_calls;
using abi::Group_level;

namespace {

uint64_t depth_of(Process const& home, Group_calls const& calls) {
    uint64_t const depth = __atomic_load_n(&calls.depth, __ATOMIC_RELAXED);
    bool const possible = home.in_shared_group() && depth <= Group_calls::deepest;
    return possible ? depth : 0;
}

uint64_t copy(uint64_t const& word) { return __atomic_load_n(&word, __ATOMIC_RELAXED); }

Group_level copy(Group_level const& level) {
    return {copy(level.member), copy(level.instruction), copy(level.stack)};
}

bool leads_into(Process const& member, Group_level const& place) {
    return member.space().holds(place.instruction, 1) && member.space().holds(place.stack, 1);
}

} // namespace

bool Thread::may_come_back() const { return !_leaving && _home->alive(); }

Process* Thread::member(uint64_t level, abi::Member_identity identity) const {
    if (level == 0 || identity == _home->identity())
        return may_come_back() ? _home.get() : nullptr;
    return _home->group()->find(identity);
}

Process* Thread::top() const {
    Group_calls const& calls = _buffer->group_calls;
    uint64_t const depth = depth_of(*_home, calls);
    return member(depth, abi::Member_identity{copy(calls.levels[depth].member)});
}

Thread::Way Thread::way() const {
    Group_calls const& calls = _buffer->group_calls;
    Way way;
    way.depth = depth_of(*_home, calls);
    for (uint64_t level = 0; level <= way.depth; ++level) {
        Group_level const place = copy(calls.levels[level]);
        way.top = member(level, abi::Member_identity{place.member});
        if (!way.top) {
            way.gone |= 1u << level;
        } else if (level < way.depth && leads_into(*way.top, place)) {
            way.below = way.top;
            way.below_level = level;
            way.back = place;
        }
    }
    return way;
}

Process* Thread::fault_place() const {
    Way const found = way();
    if (found.top || found.below)
        return found.top;
    return may_come_back() ? _home.get() : nullptr;
}

// Who claims to be in a member that is not there acts for itself.
void Thread::enter_visiting() {
    Process* const found = top();
    _acting = found ? found : _home.get();
}

void Thread::leave() {
    _leaving = true;
    if (!ended())
        settle();
}

void Thread::resume(Way const& way) {
    _fault_state = Fault_state::none; // of where it was
    work.give_up();
    if (wait != Wait::none && wait != Wait::ready) {
        cancel(Error::peer_died);
        make_ready(*this);
    }
    _acting = way.below;
    _buffer->group_calls.depth = way.below_level;
    _registers.resume(way.back.instruction, way.back.stack, Error::peer_died);
    if (processor->current() == this && processor != &this_processor())
        processor->disturb();
}

// To a cleared level a thread comes back by a fault: nothing is ever mapped at 0.
void Thread::settle() {
    halt(*this);
    Way const found = way();
    for (uint64_t level = 0; level <= found.depth; ++level)
        if (found.gone >> level & 1)
            _buffer->group_calls.levels[level] = {};
    if (!found.top)
        return found.below ? resume(found) : end();
    if (_acting->alive())
        return;
    _acting = found.top; // it was elsewhere when it entered than it says now
    work.give_up();
}

} // namespace kernel
