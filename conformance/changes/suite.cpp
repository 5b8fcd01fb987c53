// SPDX-License-Identifier: MIT
#include "suite.hpp"
#include "rest.hpp"

#include <charconv>
#include <lavandin/clock.hpp>
#include <lavandin/console_client.hpp>
#include <lavandin/environment.hpp>
#include <stdio.h>

namespace changes {

namespace {

constexpr uint64_t patience = 20 * second;
constexpr uint64_t settling_step = 10 * millisecond;
constexpr uint32_t times_each = 200;      // at least, of each legal transition
constexpr uint64_t most_times_longer = 5; // until it has come to that
constexpr size_t workers = 3;
constexpr size_t disturbers = 1; // a notification has one waiter
constexpr unsigned races = 200;
constexpr unsigned deaths = 30;
constexpr uint64_t actor_stack = 16 * 1024;

bool number_behind(std::string_view word, std::string_view key, uint64_t& value) {
    if (!word.starts_with(key))
        return false;
    word.remove_prefix(key.size());
    auto const read = std::from_chars(word.data(), word.data() + word.size(), value);
    return read.ec == std::errc{} && read.ptr == word.data() + word.size();
}

template <typename Function>
Result<Thread> start_thread(Function& function) {
    return Thread::start([](void* to_run) { (*static_cast<Function*>(to_run))(); }, &function,
                         {actor_stack});
}

// Objects of a kind share kernel pages, and those that live on may lie in other ones now.
bool same(conformance::Counters const& before, conformance::Counters after) {
    constexpr uint64_t kinds = std::size(conformance::Counters{}.objects);
    uint64_t const more = after.frames - before.frames + kinds;
    after.frames = before.frames;
    return more <= 2 * kinds && after == before;
}

} // namespace

bool Options::read(std::string_view word) {
    if (word == "contested")
        return contested = true;
    return number_behind(word, "changes=", changes) || number_behind(word, "seed=", seed);
}

Result<void> Suite::prepare() {
    TRY_VOID(_stage.processors.open(environment().capability("system")));
    _stage.invitation = TRY(Notification::create());
    {
        Witnesses warm_up; // what is made once and kept is there afterwards
        TRY_VOID(warm_up.start(0));
        sleep_for(settling_step);
        warm_up.end();
    }
    printf("# seed %llu\n", static_cast<unsigned long long>(_options.seed)); // takes a buffer, once
    _before = TRY(count_at_rest());
    return {};
}

bool Suite::settles(conformance::Counters const& before) const {
    auto const system = environment().capability("system");
    conformance::Counters last{};
    for (uint64_t const deadline = after(patience); now() < deadline; sleep_for(settling_step)) {
        auto const counted = conformance::count(system);
        if (counted.ok() && same(before, last = counted.value()))
            return true;
    }
    for (size_t i = 0; i < std::size(before.objects); ++i)
        if (before.objects[i] != last.objects[i])
            printf("# objects of type %zu: %llu, then %llu\n", i,
                   static_cast<unsigned long long>(before.objects[i]),
                   static_cast<unsigned long long>(last.objects[i]));
    printf("# frames %llu, then %llu; page tables %llu, then %llu; quota %llu, then %llu\n",
           static_cast<unsigned long long>(before.frames),
           static_cast<unsigned long long>(last.frames),
           static_cast<unsigned long long>(before.page_tables),
           static_cast<unsigned long long>(last.page_tables),
           static_cast<unsigned long long>(before.quota_used),
           static_cast<unsigned long long>(last.quota_used));
    return false;
}

// All online again, and nothing offered that the machine does not have.
bool Suite::restore() {
    auto const& processors = _stage.processors;
    static_cast<void>(processors.act(most_processors - 1, Processor_action::withdraw));
    uint64_t const deadline = after(patience);
    for (uint64_t number = 0; number < processors.possible();) {
        auto const state = processors.state(number);
        if (state == Processor_state::online) {
            ++number;
            continue;
        }
        if (now() > deadline) {
            printf("# processor %llu: stays in state %llu\n",
                   static_cast<unsigned long long>(number), static_cast<unsigned long long>(state));
            return false;
        }
        bool const absent = state == Processor_state::absent;
        bool const down = state == Processor_state::offered || state == Processor_state::stopped;
        static_cast<void>(processors.act(number, absent ? Processor_action::offer
                                                 : down ? Processor_action::start
                                                        : Processor_action::unpark));
    }
    return true;
}

void Suite::test(char const* name, Test body) {
    bool const done = (this->*body)();
    bool const restored = restore();
    bool const good = done && restored && settles(_before);
    static_cast<void>(Console_client{}.flush());
    printf("%s %u - changes.%s\n", good ? "ok" : "not ok", ++_number, name);
    _failed += !good;
}

// So that one sees where it stands still.
void Suite::show_progress() const {
    uint64_t shown = 0;
    while (__atomic_load_n(&_stage.working, __ATOMIC_ACQUIRE) != 0) {
        sleep_for(100 * millisecond);
        uint64_t const changes = __atomic_load_n(&_stage.changes, __ATOMIC_RELAXED);
        if (changes - shown < _options.changes / 4)
            continue;
        shown = changes;
        printf("# %llu changes\n", static_cast<unsigned long long>(changes));
        static_cast<void>(Console_client{}.flush());
    }
}

bool Suite::at_random() {
    Witnesses witnesses;
    if (!witnesses.start(_options.seed).ok())
        return false;
    Worker::Goal const goal{_options.changes, _options.changes * most_times_longer, times_each};
    uint64_t seed = _options.seed << 8;
    _stage.working = workers;
    auto work = [&] {
        Worker{_stage, __atomic_add_fetch(&seed, 1, __ATOMIC_RELAXED)}.run(goal);
        __atomic_fetch_sub(&_stage.working, 1, __ATOMIC_RELEASE);
    };
    auto disturb = [&] { Disturber{_stage, __atomic_add_fetch(&seed, 1, __ATOMIC_RELAXED)}.run(); };
    Thread disturbing[disturbers];
    Thread working[workers];
    bool started = true;
    for (size_t i = 0; i < workers + disturbers; ++i) {
        auto thread = i < workers ? start_thread(work) : start_thread(disturb);
        started = started && thread.ok();
        if (thread.ok())
            (i < workers ? working[i] : disturbing[i - workers]) =
                static_cast<Thread&&>(thread.value());
    }
    show_progress();
    for (Thread& thread : working)
        thread.join();
    __atomic_store_n(&_stage.end, true, __ATOMIC_RELEASE);
    for (Thread& thread : disturbing)
        thread.join();
    printf("# seed %llu: %llu changes asked for\n", static_cast<unsigned long long>(_options.seed),
           static_cast<unsigned long long>(_stage.changes));
    _stage.tally.print();
    bool const complete = _stage.tally.complete(times_each, false);
    bool const restored = restore();
    bool const go_on = witnesses.all_go_on(patience);
    witnesses.print();
    witnesses.end();
    return started && complete && restored && go_on;
}

// Of two that take the last two processors at the same time one is refused.
bool Suite::two_take_the_last() {
    auto const& processors = _stage.processors;
    for (uint64_t number = 2; number < processors.possible(); ++number)
        static_cast<void>(processors.act(number, Processor_action::park));
    unsigned ready = 0;
    Error answers[2][races]{};
    unsigned next = 0;
    auto race = [&] {
        uint64_t const own = __atomic_fetch_add(&next, 1, __ATOMIC_SEQ_CST);
        for (unsigned i = 0; i < races; ++i) {
            __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
            while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < 4 * i + 2)
                static_cast<void>(thread_yield());
            answers[own][i] = processors.act(own, Processor_action::park);
            __atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
            while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < 4 * i + 4)
                static_cast<void>(thread_yield());
            if (answers[own][i] == Error::none)
                static_cast<void>(processors.act(own, Processor_action::unpark));
        }
    };
    auto first = start_thread(race);
    auto second = start_thread(race);
    if (!first.ok() || !second.ok())
        return false;
    first.value().join();
    second.value().join();
    unsigned won[2]{};
    for (unsigned i = 0; i < races; ++i)
        for (unsigned each = 0; each < 2; ++each)
            won[each] +=
                answers[each][i] == Error::none && answers[1 - each][i] == Error::no_processor;
    printf("# of %u races for the last but one processor 0 left %u, processor 1 %u times\n", races,
           won[0], won[1]);
    return won[0] + won[1] == races;
}

// A drain goes back when who asked for it dies; nothing else comes of its death.
bool Suite::requester_dies() {
    uint64_t const others = _stage.processors.possible() - 1; // all but the first
    Witnesses witnesses;
    if (others == 0 || !witnesses.start(_options.seed).ok())
        return false;
    fuzz::Random random{_options.seed};
    bool good = true;
    unsigned draining = 0;
    for (unsigned i = 0; good && i < deaths; ++i) {
        uint64_t const number = 1 + random.below(others);
        char block[64];
        int const length = snprintf(block, sizeof(block), "transitions%crequester%c%llu", '\0',
                                    '\0', static_cast<unsigned long long>(number));
        auto const process = _init.spawn({block, static_cast<size_t>(length) + 1});
        if (!process.ok())
            return false;
        sleep_for((1 + random.below(20)) * millisecond);
        uint64_t const deadline = after(100 * millisecond);
        while (_stage.processors.state(number) != Processor_state::draining && now() < deadline)
            static_cast<void>(thread_yield());
        draining += _stage.processors.state(number) == Processor_state::draining;
        good = _init.kill(process.value()).ok() && _init.wait(process.value()).ok() &&
               _stage.processors.state(number) != Processor_state::draining && restore();
    }
    printf("# of %u requesters that were ended %u had just begun a park or stop\n", deaths,
           draining);
    bool const go_on = witnesses.all_go_on(patience);
    witnesses.end();
    return good && go_on;
}

int Suite::run() {
    if (_stage.processors.possible() < 2) {
        printf("KTAP version 1\n1..0 # SKIP there is one processor only\n");
        return 0;
    }
    printf("KTAP version 1\n1..%d\n", _options.contested ? 1 : 3);
    if (!_options.contested) {
        test("two_take_the_last", &Suite::two_take_the_last);
        test("requester_dies", &Suite::requester_dies);
    }
    test("at_random", &Suite::at_random);
    printf("# %u tests, %u failed\n", _number, _failed);
    return _failed == 0 ? 0 : 1;
}

void request_for_ever(uint64_t number) {
    static Processors processors;
    static_cast<void>(processors.open(environment().capability("system")));
    while (true)
        for (auto const action : {Processor_action::park, Processor_action::unpark,
                                  Processor_action::stop, Processor_action::start})
            static_cast<void>(processors.act(number, action));
}

} // namespace changes
