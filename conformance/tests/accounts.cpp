// SPDX-License-Identifier: MIT
// Accounts of processors and threads, read out of their pages.
#include "tests/common.hpp"
#include "x86-64/faults.hpp"

#include <lavandin/abi/processor.hpp>
#include <lavandin/accounts_reader.hpp>

#include <algorithm>
#include <tuple>

namespace {

using namespace conformance;

using abi::Activity;
using abi::Process_accounts;
using abi::Processor_accounts;
using abi::Run_state;
using abi::Thread_account;
using abi::Thread_phase;

struct Access {
    static uint64_t load(uint64_t const& from) {
        return *const_cast<uint64_t const volatile*>(&from);
    }
    static void pause(unsigned) { static_cast<void>(thread_yield()); }
};

template <typename Record>
Record read(Record const& record) {
    Access access;
    return Accounts_reader{access}.read(record);
}

template <typename Page>
Result<Page const*> map(Capability_index page) {
    uint64_t const address = layout::fresh_addresses(page_size);
    TRY_VOID(memory_map(self_process, page, address, 0, page_size, read_only));
    return reinterpret_cast<Page const*>(address);
}

Result<Processor_accounts const*> map_processor(uint64_t number) {
    Capability const processor{TRY(processor_open(inherited().system, number))};
    return map<Processor_accounts>(TRY(processor_accounts(processor.index())));
}

Result<Process_accounts const*> map_process(Capability_index process) {
    return map<Process_accounts>(TRY(process_accounts(process)));
}

template <size_t count>
uint64_t sum(uint64_t const (&times)[count]) {
    uint64_t total = 0;
    for (uint64_t const time : times)
        total += time;
    return total;
}

// Within 0.1 %, and what lies between two readings of the clock.
bool meets(uint64_t counted, uint64_t elapsed, uint64_t slack) {
    uint64_t const difference = counted > elapsed ? counted - elapsed : elapsed - counted;
    bool const good = difference <= elapsed / 1000 + slack;
    if (!good)
        note("%llu ns are counted, %llu passed", static_cast<unsigned long long>(counted),
             static_cast<unsigned long long>(elapsed));
    return good;
}

// The thread's record, or one without an identifier.
Thread_account account_of(Process_accounts const& page, uint64_t identifier) {
    for (auto const& record : page.threads)
        if (auto const account = read(record); account.identifier == identifier)
            return account;
    return {};
}

Result<uint64_t> identifier_of(Capability_index thread) {
    TRY_VOID(thread_information(thread));
    return reinterpret_cast<Thread_information const&>(message_buffer().words).identifier;
}

void work_for(uint64_t nanoseconds) {
    uint64_t const end = after(nanoseconds);
    while (lavandin::now() < end)
        continue;
}

TEST(accounts, of_a_processor_are_the_same_memory_for_all) {
    auto const processor = MUST(processor_open, inherited().system, 0);
    auto const page = MUST(processor_accounts, processor);
    EXPECT_EQUAL(MUST(memory_size, page), abi::accounts_bytes);
    EXPECT_EQUAL(MUST(capability_information, page).permissions, memory_permission::read);
    auto const before = TAKE(system_counters());
    for (int i = 0; i < 10; ++i)
        EXPECT_OK(processor_accounts, processor);
    auto const later = TAKE(system_counters());
    constexpr auto memory = static_cast<unsigned>(Object_type::memory);
    EXPECT_EQUAL(later.objects[memory], before.objects[memory]);
}

TEST(accounts, can_only_be_read) {
    auto const processor = MUST(processor_open, inherited().system, 0);
    for (auto const page : {MUST(processor_accounts, processor), MUST(process_accounts, 1)}) {
        uint64_t const address = layout::fresh_addresses(page_size);
        for (Permissions const rights : {read_write, read_execute})
            EXPECT_ERROR(permission_denied, memory_map, self_process, page, address, 0, page_size,
                         rights);
    }
    auto child = TAKE(Child::create());
    TAKE(child.start([](Words const&) {
        auto const* const page = TAKE(map_process(self_process));
        static_cast<void>(read_byte(number(page)));
        write_byte(number(page), 1);
    }));
    EXPECT_EQUAL(TAKE(child.wait()).fault_code,
                 fault_code::user | fault_code::present | fault_code::write);
}

TEST(accounts, need_the_right_capability) {
    auto const endpoint = MUST(endpoint_create);
    EXPECT_ERROR(invalid_capability, processor_accounts, empty_slot);
    EXPECT_ERROR(wrong_type, processor_accounts, endpoint);
    auto const processor = MUST(processor_open, inherited().system, 0);
    auto const blind = TAKE(copy(processor, processor_permission::control));
    EXPECT_ERROR(permission_denied, processor_accounts, blind);
    auto const missing = MUST(processor_open, inherited().system, 63);
    EXPECT_ERROR(not_supported, processor_accounts, missing);
    EXPECT_ERROR(invalid_capability, process_accounts, empty_slot);
    EXPECT_ERROR(wrong_type, process_accounts, endpoint);
    auto const deaf = TAKE(copy(self_process, process_permission::control));
    EXPECT_ERROR(permission_denied, process_accounts, deaf);
    auto const dead = TAKE(ended_process());
    EXPECT_ERROR(peer_died, process_accounts, dead);
}

// Who may see the system's counters may see its processors', and nothing else of them.
TEST(accounts, can_be_read_by_who_has_information) {
    auto const system = TAKE(copy(inherited().system, system_permission::information));
    auto const processor = MUST(processor_open, system, 0);
    EXPECT_EQUAL(MUST(capability_information, processor).permissions, processor_permission::read);
    EXPECT_OK(processor_accounts, processor);
    EXPECT_ERROR(permission_denied, processor_control, processor,
                 number(abi::Processor_action::offer), forever);
    auto const other = TAKE(copy(inherited().system, system_permission::log));
    EXPECT_ERROR(permission_denied, processor_open, other, 0);
}

TEST(accounts, go_with_the_capability_they_came_by) {
    auto const processor = MUST(processor_open, inherited().system, 0);
    auto const page = MUST(processor_accounts, processor);
    EXPECT_OK(capability_revoke, processor);
    EXPECT_ERROR(invalid_capability, capability_information, page);
    auto const process = TAKE(copy(self_process, all_permissions));
    auto const threads = MUST(process_accounts, process);
    EXPECT_OK(capability_revoke, process);
    EXPECT_ERROR(invalid_capability, capability_information, threads);
}

struct Moment {
    abi::Processor_counts counts;
    Run_state platform;
    uint64_t time;
    uint64_t slack; // how long it took to look
};

Moment look(Processor_accounts const& page) {
    uint64_t const before = clock_read().value().now;
    auto const counts = read(page.counts);
    auto const platform = read(page.platform);
    uint64_t const time = clock_read().value().now;
    return {at(counts, time), at(platform, time + page.origin), time,
            time - before + 2 * microsecond};
}

// Of what the kernel counts and of what the platform counts, each part by itself. We look from
// there: the platform's clocks differ between physical processors, by milliseconds at times, and
// elsewhere the moment since which something goes on may be still to come.
TEST(accounts, parts_of_a_processors_time_meet_elapsed_time) {
    EXPECT_OK(thread_set_affinity, 0, 1);
    auto const& page = *TAKE(map_processor(0));
    EXPECT_EQUAL(page.version, Processor_accounts::current_version);
    EXPECT_EQUAL(page.number, 0);
    auto const first = look(page);
    Moment last = first;
    for (int round = 0; round < 60; ++round) {
        work_for(25 * millisecond);
        sleep_for(25 * millisecond);
        last = look(page);
        EXPECT(meets(sum(last.counts.time), last.time - page.begun, last.slack));
    }
    uint64_t const elapsed = last.time - first.time;
    uint64_t const slack = first.slack + last.slack;
    EXPECT(meets(sum(last.counts.time) - sum(first.counts.time), elapsed, slack));
    EXPECT(meets(sum(last.platform.time) - sum(first.platform.time), elapsed, slack));
}

// The processor's accounts are read while they are written there as often as can be.
TEST(accounts, never_run_backwards) {
    auto const& page = *TAKE(map_processor(0));
    auto const bell = MUST(notification_create);
    auto const answer = MUST(notification_create);
    bool end = false;
    Peer partner{[&] {
        while (!__atomic_load_n(&end, __ATOMIC_RELAXED)) {
            static_cast<void>(notification_wait(bell, forever));
            static_cast<void>(notification_signal(answer));
        }
    }};
    TAKE(partner.start());
    abi::Processor_counts last{};
    Run_state last_platform{};
    uint64_t backwards = 0;
    for (int i = 0; i < 2000; ++i) {
        auto const counts = read(page.counts);
        auto const platform = read(page.platform);
        backwards += counts.updated < last.updated || counts.switches < last.switches ||
                     platform.since < last_platform.since;
        for (unsigned k = 0; k < abi::Processor_counts::activities; ++k)
            backwards += counts.time[k] < last.time[k];
        for (unsigned k = 0; k < Run_state::kinds; ++k)
            backwards += platform.time[k] < last_platform.time[k];
        last = counts;
        last_platform = platform;
        EXPECT_OK(notification_signal, bell);
        static_cast<void>(notification_wait(answer, forever));
    }
    EXPECT_EQUAL(backwards, 0);
    __atomic_store_n(&end, true, __ATOMIC_RELAXED);
    EXPECT_OK(notification_signal, bell);
    EXPECT(partner.wait());
}

TEST(accounts, need_no_system_call) {
    auto const& page = *TAKE(map_processor(0));
    static_cast<void>(lavandin::now()); // maps the clock page
    uint64_t fewest = ~uint64_t{0};     // others may make calls meanwhile, also on other processors
    for (int tries = 0; tries < 50 && fewest != 1; ++tries) {
        auto const before = TAKE(system_counters());
        for (int i = 0; i < 100; ++i)
            static_cast<void>(at(read(page.counts), lavandin::now()));
        auto const later = TAKE(system_counters());
        fewest = std::min(fewest, later.system_calls - before.system_calls);
    }
    EXPECT_EQUAL(fewest, 1);
}

TEST(accounts, of_a_thread_meet_elapsed_time) {
    auto const& page = *TAKE(map_process(self_process));
    auto const bell = MUST(notification_create);
    Peer sleeper{[&] { static_cast<void>(notification_wait(bell, forever)); }};
    TAKE(sleeper.start());
    uint64_t const sleepers = TAKE(identifier_of(sleeper.thread()));
    uint64_t const patience = soon();
    while (account_of(page, sleepers).phase != number(Thread_phase::waiting) &&
           MUST(clock_read).now < patience)
        EXPECT_OK(thread_yield);
    uint64_t const own = TAKE(identifier_of(0));
    auto const before = at(account_of(page, sleepers), MUST(clock_read).now);
    auto const own_before = at(account_of(page, own), MUST(clock_read).now);
    EXPECT_EQUAL(before.phase, Thread_phase::waiting);
    EXPECT_EQUAL(own_before.phase, Thread_phase::running);
    work_for(20 * millisecond);
    uint64_t const time = MUST(clock_read).now;
    auto const later = account_of(page, sleepers);
    constexpr auto waiting = static_cast<unsigned>(Thread_phase::waiting);
    EXPECT(at(later, time).time[waiting] >= before.time[waiting] + 20 * millisecond);
    EXPECT_EQUAL(later.time[0], before.time[0]);
    for (uint64_t const each : {sleepers, own}) {
        uint64_t const begin = MUST(clock_read).now;
        auto const account = account_of(page, each);
        uint64_t const end = MUST(clock_read).now;
        EXPECT(meets(sum(at(account, end).time), end - account.begun, end - begin + 2000));
    }
    EXPECT_OK(notification_signal, bell);
    EXPECT(sleeper.wait());
    sleeper.end(); // it may be on its way out on another processor
    EXPECT_EQUAL(account_of(page, sleepers).identifier, 0);
    auto const ended = read(page.counts);
    EXPECT(ended.time[waiting] >= 20 * millisecond);
}

// What information calls tell is what the pages tell.
TEST(accounts, tell_what_information_tells) {
    auto const& page = *TAKE(map_process(self_process));
    for (int i = 0; i < 10; ++i)
        EXPECT_OK(thread_yield);
    uint64_t const own = TAKE(identifier_of(0));
    auto const before = account_of(page, own);
    EXPECT_OK(thread_information, 0);
    auto const told = reinterpret_cast<Thread_information const&>(message_buffer().words);
    auto const later = account_of(page, own);
    EXPECT(before.time[0] <= told.processor_time && told.processor_time <= later.time[0]);
    EXPECT(before.switches <= told.switches && told.switches <= later.switches);
    EXPECT_EQUAL(read(page.counts).identifier, TAKE(information_of(self_process)).identifier);
}

TEST(accounts, count_wake_ups_and_their_latency) {
    auto const& page = *TAKE(map_process(self_process));
    auto const bell = MUST(notification_create);
    bool end = false;
    Peer woken{[&] {
        while (!__atomic_load_n(&end, __ATOMIC_RELAXED))
            static_cast<void>(notification_wait(bell, forever));
    }};
    TAKE(woken.start(inherited().priority - 1)); // it runs only when we wait
    EXPECT_OK(thread_set_affinity, woken.thread(), 1);
    EXPECT_OK(thread_set_affinity, 0, 1);
    EXPECT(others_wait());
    uint64_t const identifier = TAKE(identifier_of(woken.thread()));
    auto const before = account_of(page, identifier);
    constexpr unsigned times = 10;
    for (unsigned i = 0; i < times; ++i) {
        EXPECT_OK(notification_signal, bell);
        work_for(millisecond);
        EXPECT(others_wait());
    }
    auto const later = account_of(page, identifier);
    EXPECT_EQUAL(later.wake_ups - before.wake_ups, times);
    EXPECT(later.latency - before.latency >= times * millisecond);
    EXPECT(later.latency_most >= millisecond);
    EXPECT(later.latency_most <= later.latency);
    __atomic_store_n(&end, true, __ATOMIC_RELAXED);
    EXPECT_OK(notification_signal, bell);
    EXPECT(woken.wait());
}

TEST(accounts, count_migrations) {
    auto const second_one = MUST(processor_open, inherited().system, 1);
    EXPECT_OK(processor_information, second_one);
    auto const& found = reinterpret_cast<abi::Processor_information const&>(message_buffer().words);
    if (found.state != number(abi::Processor_state::online))
        return note("skipped: there is one processor only");
    auto const& page = *TAKE(map_process(self_process));
    auto const& zero = *TAKE(map_processor(0));
    auto const& one = *TAKE(map_processor(1));
    EXPECT_OK(thread_set_affinity, 0, 1);
    uint64_t const own = TAKE(identifier_of(0));
    auto const before = account_of(page, own);
    auto const in = read(one.counts).migrations_in;
    auto const out = read(zero.counts).migrations_out;
    for (int i = 0; i < 10; ++i) {
        EXPECT_OK(thread_set_affinity, 0, 2);
        EXPECT_EQUAL(account_of(page, own).processor, 1);
        EXPECT_OK(thread_set_affinity, 0, 1);
        EXPECT_EQUAL(account_of(page, own).processor, 0);
    }
    EXPECT_EQUAL(account_of(page, own).migrations - before.migrations, 20);
    EXPECT(read(one.counts).migrations_in - in >= 10);
    EXPECT(read(zero.counts).migrations_out - out >= 10);
}

// A processor that is parked has no time of its own: neither idle nor busy.
TEST(accounts, show_a_parked_processor_as_away) {
    auto const processor = MUST(processor_open, inherited().system, 1);
    EXPECT_OK(processor_information, processor);
    auto const& found = reinterpret_cast<abi::Processor_information const&>(message_buffer().words);
    if (found.state != number(abi::Processor_state::online))
        return note("skipped: there is one processor only");
    auto const& page = *TAKE(map_processor(1));
    for (auto const& [leave, come, state] :
         {std::tuple{abi::Processor_action::park, abi::Processor_action::unpark,
                     abi::Processor_state::parked},
          std::tuple{abi::Processor_action::stop, abi::Processor_action::start,
                     abi::Processor_state::stopped}}) {
        EXPECT_OK(processor_control, processor, number(leave), forever);
        EXPECT_EQUAL(page.counts.state, state);
        auto const before = at(read(page.counts), lavandin::now());
        sleep_for(5 * millisecond);
        auto const later = at(read(page.counts), lavandin::now());
        EXPECT_EQUAL(later.activity, Activity::away);
        EXPECT_EQUAL(later.time[0] + later.time[1], before.time[0] + before.time[1]);
        EXPECT(later.time[2] >= before.time[2] + 5 * millisecond);
        EXPECT_OK(processor_control, processor, number(come), forever);
        EXPECT_EQUAL(page.counts.state, abi::Processor_state::online);
    }
}

// More threads than a page has places: those without come in when others end.
TEST(accounts, have_room_for_31_threads) {
    constexpr unsigned count = Process_accounts::most_threads + 3;
    auto const& page = *TAKE(map_process(self_process));
    EXPECT_OK(thread_set_affinity, 0, 1);
    Capability_index threads[count]{};
    for (auto& thread : threads) // they do not run while we do
        thread = MUST(thread_create, self_process, user_begin, user_end, 0, lowest_priority,
                      layout::fresh_addresses(page_size));
    auto const counts = read(page.counts);
    EXPECT_EQUAL(counts.threads, count + 1);
    EXPECT_EQUAL(counts.unlisted, count + 1 - Process_accounts::most_threads);
    EXPECT_EQUAL(account_of(page, TAKE(identifier_of(threads[count - 1]))).identifier, 0);
    for (unsigned i = 0; i < 4; ++i)
        EXPECT_OK(thread_destroy, threads[i]);
    EXPECT_EQUAL(read(page.counts).unlisted, 0);
    uint64_t const last = TAKE(identifier_of(threads[count - 1]));
    EXPECT_EQUAL(account_of(page, last).identifier, last);
    for (unsigned i = 4; i < count; ++i)
        EXPECT_OK(thread_destroy, threads[i]);
    EXPECT_EQUAL(read(page.counts).threads, 1);
}

TEST(accounts, of_threads_are_paid_for_while_somebody_has_them) {
    auto child = TAKE(Child::create());
    TAKE(child.start([](Words const&) { static_cast<void>(thread_sleep(forever)); }));
    EXPECT(others_wait());
    auto const process = child.process().index();
    uint64_t const before = TAKE(information_of(process)).quota_used;
    auto const page = MUST(process_accounts, process);
    uint64_t const used = TAKE(information_of(process)).quota_used;
    EXPECT(used >= before + 2 * page_size);
    EXPECT_OK(process_accounts, process);
    EXPECT_EQUAL(TAKE(information_of(process)).quota_used, used);
    EXPECT_OK(capability_revoke, process);
    EXPECT_ERROR(invalid_capability, memory_size, page);
    EXPECT_EQUAL(TAKE(information_of(process)).quota_used, before);
}

TEST(accounts, of_threads_outlive_their_process) {
    auto const process = TAKE(empty_process());
    auto const& page = *TAKE(map_process(process));
    uint64_t const identifier = TAKE(information_of(process)).identifier;
    EXPECT_OK(process_destroy, process, 0);
    EXPECT_OK(capability_delete, process);
    EXPECT_EQUAL(read(page.counts).identifier, identifier);
}

TEST(accounts, refused_for_lack_of_quota) {
    auto const poor = TAKE(empty_process());
    while (memory_create_for(poor, page_size).ok())
        continue;
    EXPECT_ERROR(quota_exceeded, process_accounts, poor);
    auto child = TAKE(Child::create());
    auto const processor = MUST(processor_open, inherited().system, 0);
    auto const given = TAKE(child.give(processor));
    TAKE(child.start(
        [](Words const& words) {
            while (endpoint_create().ok())
                continue;
            while (memory_create(page_size).ok())
                continue;
            auto page = processor_accounts(static_cast<Capability_index>(words[0]));
            while (page.ok())
                page = processor_accounts(static_cast<Capability_index>(words[0]));
            EXPECT_ANSWER(quota_exceeded, processor_accounts, page.error());
        },
        {given}));
    EXPECT_EQUAL(TAKE(child.wait()).state, Process_state::exited);
}

} // namespace
