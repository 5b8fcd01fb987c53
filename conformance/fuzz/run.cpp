// SPDX-License-Identifier: MIT
#include "fuzz/run.hpp"

#include "framework/layout.hpp"
#include "framework/test.hpp"
#include "fuzz/caller.hpp"

#include <lavandin/system_call_pairs.hpp>

#include <algorithm>
#include <numeric>
#include <stdio.h>
#include <string.h>

namespace conformance {

namespace {

constexpr Permissions read_write = memory_permission::read | memory_permission::write;
constexpr uint64_t short_life = 200; // calls of a process, on the average, that tell little
constexpr uint64_t settling_time = 2 * second;
constexpr uint64_t priority_below = 2;

// Some leave little beyond what the process needs for itself, which is some 140 KiB.
constexpr uint64_t quotas[]{180 * 1024, 300 * 1024, 600 * 1024};

uint64_t documented_answers(System_call call) {
    uint64_t bits = 0;
    for (auto const& pair : system_call_pairs)
        if (pair.call == call)
            bits |= uint64_t{1} << static_cast<uint64_t>(pair.error);
    return bits;
}

} // namespace

bool wants_machine(System_call_shape const& shape) {
    for (auto const& argument : shape.in)
        if (argument.object == Object_type::system || argument.object == Object_type::interrupt ||
            argument.object == Object_type::grant || argument.object == Object_type::policy ||
            argument.object == Object_type::processor)
            return true;
    return false;
}

Result<void> Fuzz_run::prepare() {
    for (uint64_t const badge : {uint64_t{0}, uint64_t{7}, ~uint64_t{0}})
        give({_neighbours.service(), Object_type::endpoint, endpoint_permission::call, badge});
    give({_neighbours.counter(), Object_type::endpoint, endpoint_permission::receive});
    give({_neighbours.bell(), Object_type::notification, notification_permission::signal, 2});
    if (!_neighbours.wait_for_rounds(Neighbour_record::different_rounds))
        return Error::timed_out;
    _record = TRY(Memory::create(Fuzz_record::bytes));
    return memory_map(self_process, _record.index(), fuzz_record_address, 0, Fuzz_record::bytes,
                      read_write);
}

bool Fuzz_run::run(uint64_t calls, uint64_t only_part, void (*undo)()) {
    bool good = true;
    uint64_t part = only_part != 0 ? only_part : 1;
    while (good && fuzz_record().made < calls) {
        uint64_t const left = calls - fuzz_record().made;
        good = run_part(part++, left < calls_of_part ? left : calls_of_part, undo);
        if (only_part != 0)
            break;
    }
    return good;
}

bool Fuzz_run::run_part(uint64_t part, uint64_t budget, void (*undo)()) {
    ++_parts;
    auto const before = count(inherited().system);
    auto const end = start_and_wait(part, budget);
    static_cast<void>(endpoint_bind(_neighbours.counter(), 0)); // a binding outlives its maker
    undo();
    if (!end.ok() || !before.ok()) {
        blame(part, end.error() == Error::timed_out ? "hangs" : "cannot start");
        return false;
    }
    if (fuzz_record().started == 0) {
        blame(part, "did not come to its calls");
        return false;
    }
    judge(end.value());
    return nothing_is_lost(part, before.value());
}

Result<Process_information> Fuzz_run::start_and_wait(uint64_t part, uint64_t budget) {
    Fuzz_record& record = fuzz_record();
    record.budget = budget;
    record.started = 0;
    record.seed = fuzz::Random{_seed ^ _stream << 32 ^ part << 40}.next();
    auto child = TRY(make_child(part));
    TRY_VOID(child.start(call_at_random, {}, inherited().priority - priority_below));
    return wait_for(child);
}

// One that goes on does not hang, however slowly.
Result<Process_information> Fuzz_run::wait_for(Child const& child) {
    while (true) {
        uint64_t const made = __atomic_load_n(&fuzz_record().made, __ATOMIC_RELAXED);
        auto const end = child.wait(patience);
        if (end.ok() || made == __atomic_load_n(&fuzz_record().made, __ATOMIC_RELAXED))
            return end;
    }
}

Result<Child> Fuzz_run::make_child(uint64_t part) {
    char name[16];
    snprintf(name, sizeof name, "fuzz %lu.%lu", _stream, part);
    auto child = TRY(Child::create(quotas[part % std::size(quotas)], 0, name));
    TRY_VOID(memory_map(child.process().index(), _record.index(), fuzz_record_address, 0,
                        Fuzz_record::bytes, read_write));
    for (size_t i = 0; i < _gift_count; ++i) {
        Gift const& gift = _gifts[i];
        fuzz_record().gifts[i] = {TRY(child.give(gift.slot, gift.permissions, gift.badge)),
                                  gift.type};
    }
    return child;
}

// A process that faults, or ends with any other status, has done so by a call of its own.
void Fuzz_run::judge(Process_information const& end) {
    bool const exited = static_cast<Process_state>(end.state) == Process_state::exited;
    if (exited && end.status == fuzz_stuck)
        ++_stuck;
    else if (!exited || end.status != fuzz_done)
        ++_accidents;
}

// Neighbours may be busy with what the process left them.
bool Fuzz_run::nothing_is_lost(uint64_t part, Counters const& before) const {
    Counters now_counted{};
    for (uint64_t const deadline = after(settling_time); now() < deadline; sleep_for(millisecond)) {
        auto const counted = count(inherited().system);
        if (counted.ok() && counted.value() == before)
            return true;
        now_counted = counted.ok() ? counted.value() : Counters{};
    }
    blame(part, "leaves something behind");
    describe(before, now_counted);
    return false;
}

void Fuzz_run::blame(uint64_t part, char const* what) const {
    note("part %lu of run %lu, seed %lu: %s", part, _stream, _seed, what);
    for (auto const& last : fuzz_record().last)
        note("  call %lu of its thread: number %lu, %#lx %#lx %#lx %#lx %#lx %#lx%s", last.position,
             last.number, last.words[0], last.words[1], last.words[2], last.words[3], last.words[4],
             last.words[5], last.done ? "" : " (not answered)");
    fail();
}

void Fuzz_run::expect_tried(System_call_shape const& shape, bool may_succeed) const {
    auto const index = static_cast<size_t>(&shape - system_call_shapes);
    uint32_t const succeeded = fuzz_record().succeeded[index];
    uint32_t const failed = fuzz_record().failed[index];
    if ((succeeded != 0 || !may_succeed) && (failed != 0 || !shape.may_fail))
        return;
    note("%s: %u succeeded, %u failed: the generator is too weak", shape.name, succeeded, failed);
    fail();
}

void Fuzz_run::report() const {
    _neighbours.check();
    Fuzz_record const& record = fuzz_record();
    uint64_t succeeded = 0;
    for (uint32_t const count : record.succeeded)
        succeeded += count;
    note("run %lu, seed %lu: %lu calls, %lu %% with valid capabilities, %lu %% succeeded", _stream,
         _seed, record.made, record.good * 100 / record.made, succeeded * 100 / record.made);
    note("%lu processes: %lu ended by a call or fault, %lu with all threads waiting; "
         "%lu times a thread was helped on",
         _parts, _accidents, _stuck, record.rescues);
    note("neighbours did %lu rounds, %lu of their calls were answered by these processes",
         _neighbours.rounds(), _neighbours.answered());
    if (_parts > 1) { // one alone may be short, and far from the average
        EXPECT(record.good * 2 >= record.made);
        EXPECT(record.made >= _parts * short_life);
    }
    print_calls();
    print_fewest("succeeded", record.succeeded);
    print_fewest("failed", record.failed);
    check_answers();
}

// Four calls a line: succeeded/failed.
void Fuzz_run::print_calls() const {
    constexpr size_t a_line = 4;
    char line[160];
    int length = 0;
    for (size_t i = 0; i < fuzz::calls; ++i) {
        length += snprintf(line + length, sizeof line - static_cast<size_t>(length), "  %s %u/%u",
                           system_call_shapes[i].name, fuzz_record().succeeded[i],
                           fuzz_record().failed[i]);
        if (i % a_line == a_line - 1 || i == fuzz::calls - 1) {
            note("%s", line);
            length = 0;
        }
    }
}

// What is least far from expect_tried's bound. Calls that never did so are left out: whether they
// should have is judged there.
void Fuzz_run::print_fewest(char const* what, uint32_t const (&counts)[fuzz::calls + 1]) {
    constexpr size_t shown = 10;
    constexpr size_t a_line = 5;
    std::array<size_t, fuzz::calls> order;
    std::iota(order.begin(), order.end(), size_t{0});
    auto const end = std::remove_if(order.begin(), order.end(),
                                    [&](size_t index) { return counts[index] == 0; });
    std::sort(order.begin(), end, [&](size_t a, size_t b) { return counts[a] < counts[b]; });
    auto const last = std::min(end, order.begin() + shown);
    for (auto each = order.begin(); each < last;) {
        char line[200];
        int length = snprintf(line, sizeof line, "fewest %s:", what);
        for (size_t i = 0; i < a_line && each < last; ++i, ++each)
            length += snprintf(line + length, sizeof line - static_cast<size_t>(length), " %s %u",
                               system_call_shapes[*each].name, counts[*each]);
        note("%s", line);
    }
}

void Fuzz_run::check_answers() const {
    for (size_t i = 0; i < fuzz::calls; ++i) {
        uint64_t const strange =
            fuzz_record().answers[i] & ~documented_answers(system_call_shapes[i].call);
        for (uint64_t code = 0; code < 64; ++code)
            if (strange >> code & 1) {
                note("%s answered what is not documented: %s", system_call_shapes[i].name,
                     error_name(static_cast<Error>(code)));
                fail();
            }
    }
    auto const wrong_number = uint64_t{1} << static_cast<uint64_t>(Error::no_such_system_call);
    EXPECT_EQUAL(fuzz_record().answers[fuzz::calls] & ~wrong_number, 0);
}

} // namespace conformance
