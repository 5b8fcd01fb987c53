// SPDX-License-Identifier: MIT
#include <arch/clock.hpp>
#include <arch/processor.hpp>
#include <kernel/log.hpp>
#include <kernel/process.hpp>
#include <kernel/scheduler.hpp>

namespace kernel {

static_assert(sizeof(Processor) <= page_size - Slab<Kernel_pages>::alignment, "one to a slab page");

Processor& this_processor() { return arch::current_processor(); }

namespace {

// Where a processor counts before it has a page.
constinit abi::Processor_accounts nowhere{};

} // namespace

Processor::Processor(uint32_t number) : _number{number}, _classes{number}, _accounts{&nowhere} {}

void Processor::count_in(abi::Processor_accounts& accounts) {
    accounts.version = abi::Processor_accounts::current_version;
    accounts.number = _number;
    accounts.origin = arch::platform_origin();
    accounts.begun = accounts.counts.updated = arch::now();
    accounts.counts.activity = static_cast<uint64_t>(abi::Activity::away);
    _accounts = &accounts;
    arch::keep_run_state(_number, accounts.platform);
}

// One that has been kicked and has not looked yet will see this, too.
void Processor::preempt() {
    bool const known = __atomic_exchange_n(&_reschedule, true, __ATOMIC_SEQ_CST);
    if (!known && this != &this_processor())
        arch::kick(_number);
}

// A rival makes the running one's slice count; reschedule() sets the timer for it.
void Processor::enqueue(Thread& thread) {
    Time const now = arch::now();
    count_woken(thread, now);
    Lock_guard const guard{_lock};
    thread.wait = Wait::ready;
    thread.processor = this;
    if (_running && _classes.wants_charge(*_running, thread)) {
        charge_current(now);
        _classes.charge(*_running, _since);
    }
    _classes.enter(thread, Policy_reason::woken, now);
    publish_length();
    auto const wake = _classes.woken(_running, thread, now);
    if (wake == Class_set::Wake::nothing)
        return;
    if (wake ==
        Class_set::Wake::preempts) // it will run, as others who look for a place should know
        _running_priority = static_cast<int>(thread.priority());
    preempt();
}

void Processor::hand_over(Thread& thread) {
    if (_next || !(thread.affinity & set_of(_number)) || thread.loaded_elsewhere(_number))
        return make_ready(thread);
    thread.wait = Wait::none;
    thread.processor = this;
    _next = &thread;
    want_reschedule();
}

void Processor::block(Wait why, Object* at) {
    _current->wait = why;
    _current->waiting_at = at;
    want_reschedule();
}

void Processor::block_for_another(Wait why, Object* at) {
    block(why, at);
    _awaits_another = true;
}

void Processor::yield() {
    _yields = true;
    want_reschedule();
}

void Processor::arm(Thread& thread, Time deadline) {
    if (deadline == never)
        return;
    thread.timer_at = this;
    _timers.insert(thread, deadline);
}

void Processor::bury_current() {
    _buried = _current;
    want_reschedule();
}

void Processor::drop_current() {
    Time const now = arch::now();
    charge_current(now);
    account_current(now);
    _current = _running = nullptr;
    disturb();
}

void Processor::disturb() {
    _disturbed = true;
    want_reschedule();
}

// Some of those whose time has come: when there are more, the timer is set for them at once. Who
// waits in a call may have lent its priority along a chain, which takes longer.
void Processor::timer_arrived() {
    _programmed = never;
    Time const now = arch::now();
    for (int room = most_expired; room > 0;) {
        Timer_node* const node = _timers.due(now);
        if (!node)
            break;
        auto& thread = static_cast<Thread&>(*node);
        bool const sleeps = thread.wait == Wait::sleep;
        if (!sleeps && !gate.exclusive()) { // somebody may be waking it
            Gate::become_exclusive(*this);
            continue;
        }
        room -= thread.wait == Wait::call || thread.wait == Wait::answer ? most_expired / 2 : 1;
        thread.cancel(sleeps ? Error::none : Error::timed_out);
        make_ready(thread);
    }
    want_reschedule();
}

// What the running one has used counts for its slice, and for the module of its class.
void Processor::charge_current(Time now) {
    if (now <= _since) // another processor's look may have been later
        return;
    if (_running)
        _running->ran(now - _since);
    _since = now;
}

// While another processor is about to leave the thread, its account is that processor's to write.
void Processor::count_woken(Thread& thread, Time now) {
    if (!thread.loaded_elsewhere(arch::processor_number()) &&
        phase_of(*thread.account) == abi::Thread_phase::waiting)
        enter_phase(*thread.account, abi::Thread_phase::woken, now);
}

// Of who stops running here, or has run up to now. Who waits for something has said so already;
// who is still ready may be chosen again at once.
[[gnu::always_inline]] inline void Processor::count_current(abi::Thread_phase ready, Time now) {
    if (!_current || phase_of(*_current->account) != abi::Thread_phase::running)
        return;
    bool const waits = _current->wait != Wait::none && _current->wait != Wait::ready;
    enter_phase(*_current->account, waits ? abi::Thread_phase::waiting : ready, now);
}

void Processor::account_current(Time now) {
    count_current(abi::Thread_phase::running, now);
    abi::Processor_counts& counts = _accounts->counts;
    Writing const writing{counts.sequence};
    enter_activity(counts, static_cast<abi::Activity>(counts.activity), now);
}

// What others count for us is taken over now and then.
void Processor::enter(abi::Activity activity, Time now) {
    abi::Processor_counts& counts = _accounts->counts;
    arch::Counters const counters = arch::counters(_number);
    Lock_waits const waits = lock_waits(_number);
    Writing const writing{counts.sequence};
    enter_activity(counts, activity, now);
    counts.running = _current ? _current->identifier() : 0;
    counts.kernel_entries = counters.kernel_entries;
    counts.interrupts = counters.events;
    counts.timer_interrupts = counters.timer_interrupts;
    counts.lock_waits = waits.waits;
    counts.lock_sleeps = waits.sleeps;
}

// Somebody else runs here instead of the current thread, which could run at once elsewhere.
bool Processor::goes_elsewhere(Thread const& current) const {
    auto const own = static_cast<int>(current.priority());
    int const next = _next ? static_cast<int>(_next->priority()) : nobody;
    int const ready = _classes.highest();
    int const other = next > ready ? next : ready;
    bool const gives_way = other > own || (other == own && current.slice_left == 0);
    return gives_way && (processors().idle() & current.affinity & ~set_of(_number)) != 0;
}

// A thread that can go on keeps its place while its slice lasts, and while it works in the kernel:
// its equals could make that work longer than it is (a revocation), and it is for all of them.
void Processor::put_back_current(Time now) {
    bool const expired = _current->slice_left == 0 && !_current->work.any();
    auto const reason = _yields   ? Policy_reason::yielded
                        : expired ? Policy_reason::expired
                                  : Policy_reason::preempted;
    _current->wait = Wait::ready;
    if (!may_run_here(*_current) || goes_elsewhere(*_current))
        _expelled = _current;
    else
        _classes.enter(*_current, reason, now);
}

// From our own classes, or who was handed over to: that one goes on with the turn of the current
// thread, which waits for it, and no module is asked.
Thread* Processor::take_next(Time now) {
    Lock_guard const guard{_lock};
    charge_current(now);
    if (_current && _yields)
        _current->slice_left = 0;
    Thread* const taken = take_next_locked(now);
    publish_length();
    _yields = false;
    begin_turn(taken, now);
    return taken;
}

Thread* Processor::take_next_locked(Time now) {
    bool const goes_on = _current && _current->wait == Wait::none;
    if (goes_on && !_next && _classes.empty() && may_run_here(*_current)) {
        _classes.go_on(*_current, now);
        return _current;
    }
    if (goes_on)
        put_back_current(now);
    Thread* const handed = _next;
    _next = nullptr;
    bool const accepting = (processors().accepting() & set_of(_number)) != 0;
    if (handed && accepting && _classes.may_hand_over(*handed))
        return handed;
    if (_current && !goes_on && !Class_queue::holds(*_current))
        _classes.stop(*_current, now);
    if (handed) {
        handed->wait = Wait::ready;
        count_woken(*handed, now);
        _classes.enter(*handed, Policy_reason::woken, now);
    }
    return accepting ? static_cast<Thread*>(_classes.next(now)) : nullptr;
}

void Processor::begin_turn(Thread* thread, Time now) {
    _limit = thread ? _classes.limit(*thread, now) : never;
    _running = thread;
    _running_priority = thread ? static_cast<int>(thread->priority()) : nobody;
}

Thread* Processor::choose(Time now) {
    Thread* const own = take_next(now);
    if (own || !(processors().accepting() & set_of(_number)))
        return own;
    processors().begin_idle(_number); // before looking at others: who comes later finds us
    _idle = true;
    return steal(now);
}

void Processor::report_retired() {
    if (!_classes.failed())
        return;
    Processor& self = this_processor();
    if (!self.gate.exclusive())
        Gate::become_exclusive(self); // the log wakes its reader
    while (Algorithm* const retired = _classes.take_retired())
        log("scheduling: module {} is retired: it {}", retired->module().name,
            text(retired->violation()));
}

void Processor::set_timer() {
    Time wanted = _timers.first_deadline();
    wanted = _limit < wanted ? _limit : wanted;
    if (wanted >= _programmed)
        return; // what is set comes early enough; too early costs one look
    _programmed = wanted;
    arch::program_timer(wanted);
}

// Who takes turns with others needs no more than this: that the processor is busy is known already.
[[gnu::always_inline]] inline void Processor::count_turn(Thread& next, bool switches, Time now) {
    constexpr uint64_t seldom = 64;
    abi::Processor_counts& counts = _accounts->counts;
    abi::Thread_account& account = *next.account;
    bool const woken = phase_of(account) == abi::Thread_phase::woken;
    Time const passed = enter_phase(account, abi::Thread_phase::running, now);
    counts.running = next.identifier();
    counts.switches += switches;
    account.switches += switches;
    if (woken) [[unlikely]]
        count_wake_up(counts, account, passed);
    if (next.ran_on != _number) [[unlikely]]
        note_place(next);
    if (counts.activity != static_cast<uint64_t>(abi::Activity::busy)) [[unlikely]] {
        Writing const writing{counts.sequence}; // the rest was taken over when it became idle
        enter_activity(counts, abi::Activity::busy, now);
    } else if (counts.switches % seldom == 0) [[unlikely]] {
        enter(abi::Activity::busy, now);
    }
}

void Processor::note_place(Thread& thread) {
    thread.account->processor = _number;
    if (thread.ran_on != no_processor)
        count_migration(processors().at(thread.ran_on)->_accounts->counts, _accounts->counts,
                        *thread.account);
}

void Processor::run(Thread& next, Time now) {
    next.wait = Wait::none;
    if (_idle)
        (void)processors().end_idle(_number);
    _idle = false;
    _current = &next;
    bool const switches = _previous != &next || next.ran_on != _number;
    count_turn(next, switches, now);
    if (switches) {
        next.place_on(_number);
        arch::switch_to(next);
        release_loaded();
    } else if (!_loaded) {
        arch::resume_state();
    }
    _previous = _loaded = &next;
    next.set_loaded_on(_number);
    if (!_leftovers.empty()) [[unlikely]] // it may never be idle
        next.work.take_over(_leftovers);
    if (next.home().has_stopped()) [[unlikely]]
        next.work.end_with_process();
}

// Nobody runs here: others may take over who did.
void Processor::unload() {
    arch::save_state();
    release_loaded();
}

// Its registers are in memory now.
void Processor::release_loaded() {
    if (_loaded)
        _loaded->set_loaded_on(no_processor);
    _loaded = nullptr;
}

void Processor::reschedule() {
    if (_classes.failed()) [[unlikely]]
        report_retired();
    do {
        if (!_current || must_reschedule())
            switch_threads();
        while (work_left())
            [[unlikely]] work();
        if (_current)
            return;
    } while (!_retiring && await_another());
    if (_retiring)
        return leave_for_good();
    Gate::leave(*this, false);
    arch::idle();
}

// The other one may lack just the physical processor that we are about to leave. If it does its
// part on that one, we are back without having been woken, and so it need not kick. False: there is
// no other one.
bool Processor::await_another() {
    if (!_awaits_another)
        return false;
    _awaits_another = false;
    __atomic_store_n(&_reschedule, true, __ATOMIC_SEQ_CST);
    Gate::leave(*this, false);
    arch::yield();
    Gate::enter_shared(*this);
    return true;
}

void Processor::switch_threads() {
    __atomic_store_n(&_reschedule, false, __ATOMIC_SEQ_CST);
    _disturbed = false;
    Time const now = arch::now();
    count_current(abi::Thread_phase::preempted, now);
    Thread* const next = choose(now);
    _current = nullptr;
    if (next) {
        run(*next, now);
    } else {
        bool const accepting = (processors().accepting() & set_of(_number)) != 0;
        enter(accepting ? abi::Activity::idle : abi::Activity::away, now);
        unload();
    }
    if (Thread* const expelled = _expelled) {
        _expelled = nullptr;
        make_ready(*expelled);
    }
    if (Thread* const buried = _buried) {
        _buried = nullptr;
        if (buried->drop())
            buried->last_reference_gone();
    }
    set_timer();
}

} // namespace kernel
