// SPDX-License-Identifier: MIT
#include "suite.hpp"
#include "child.hpp"
#include "coverage.hpp"
#include "layout.hpp"
#include "supervisor_protocol.hpp"

#include <lavandin/thread_pointer.hpp>

#include <stdio.h>
#include <string.h>

namespace conformance {

namespace {

constexpr uint64_t settling_time = 2 * second;
constexpr uint64_t settling_step = 5 * millisecond;
constexpr uint64_t quiet_time = millisecond;

uint64_t all_tested[Report::pair_words];
uint64_t all_elsewhere[Report::pair_words];

// Which take threads. Leaves the caller free to run on any.
Result<uint64_t> find_processors() {
    uint64_t found = 0;
    for (unsigned number = 0; number < 64; ++number)
        if (thread_set_affinity(0, uint64_t{1} << number).ok())
            found |= uint64_t{1} << number;
    TRY_VOID(thread_set_affinity(0, any_processor));
    return found;
}

// Servers on other processors may still work on what the test before has caused.
Result<Counters> count_at_rest() {
    Counters last = TRY(count(inherited().system));
    for (uint64_t const deadline = after(settling_time); now() < deadline;) {
        sleep_for(quiet_time);
        Counters const next = TRY(count(inherited().system));
        if (next == last)
            break;
        last = next;
    }
    return last;
}

// In the test's own process.
void run_test(Words const& words) { reinterpret_cast<Test const*>(words[0])->run(); }

void merge_pairs() {
    for (size_t i = 0; i < Report::pair_words; ++i) {
        all_tested[i] |= report().tested[i];
        all_elsewhere[i] |= report().elsewhere[i];
    }
}

bool selected(Test const& test, std::string_view prefix) {
    char name[128];
    snprintf(name, sizeof name, "%s.%s", test.group(), test.name());
    return std::string_view{name}.starts_with(prefix);
}

void judge(Process_information const& end, bool hung, uint64_t seconds) {
    if (hung) {
        note("did not end within %llu s", static_cast<unsigned long long>(seconds));
        return fail();
    }
    if (static_cast<Process_state>(end.state) == Process_state::faulted) {
        note("fault: vector %llu, address %#llx, instruction %#llx",
             static_cast<unsigned long long>(end.status),
             static_cast<unsigned long long>(end.fault_address),
             static_cast<unsigned long long>(end.fault_instruction));
        fail();
    } else if (static_cast<Process_state>(end.state) != Process_state::exited || end.status != 0) {
        note("state %llu, status %llu", static_cast<unsigned long long>(end.state),
             static_cast<unsigned long long>(end.status));
        fail();
    }
}

} // namespace

Result<void> Suite::prepare() {
    inherited().image = TRY(Image::snapshot());
    inherited().report = TRY(memory_create(Report::bytes));
    TRY_VOID(memory_map(self_process, inherited().report, report_address, 0, Report::bytes,
                        memory_permission::read | memory_permission::write));
    _endpoint = TRY(Endpoint::create());
    _reply = TRY(Reply::create());
    (void)TRY(count(inherited().system));
    (void)lavandin::now(); // maps the clock page
    inherited().processors = TRY(find_processors());
    return warm_up(test_quota);
}

bool Suite::run(std::string_view prefix) {
    bool const whole = prefix.empty() && inherited().options.part == 0;
    size_t planned = whole;
    for (Test const* test = Test::first(); test; test = test->next())
        planned += selected(*test, prefix);
    if (planned == 0) {
        printf("Bail out! No test's name begins with %.*s\n", static_cast<int>(prefix.size()),
               prefix.data());
        return false;
    }
    printf("KTAP version 1\n1..%zu\n", planned);
    size_t index = 0;
    size_t failed = 0;
    for (Test const* test = Test::first(); test; test = test->next())
        if (selected(*test, prefix))
            failed += !run(*test, ++index);
    if (whole)
        failed += !run_coverage(++index);
    printf("# %zu tests, %zu failed\n", planned, failed);
    return failed == 0;
}

bool Suite::run(Test const& test, size_t index) {
    memset(&report(), 0, sizeof report());
    fflush(stdout);
    auto const before = count_at_rest();
    auto const outcome = run_in_child(test);
    end_adopted();
    if (outcome.ok())
        judge(outcome.value().information, outcome.value().hung, test.seconds());
    else
        expect_success(HERE, outcome.error(), "starting the test");
    if (expect_success(HERE, before.error(), "counting before the test"))
        check_counters(before.value());
    merge_pairs();
    print(test.group(), test.name(), index);
    return report().failures == 0;
}

bool Suite::run_coverage(size_t index) {
    memset(&report(), 0, sizeof report());
    judge_pairs(all_tested, all_elsewhere);
    print("coverage", "every_pair_of_call_and_answer", index);
    print_pairs_elsewhere(all_tested, all_elsewhere);
    return report().failures == 0;
}

Result<Suite::Outcome> Suite::run_in_child(Test const& test) {
    auto child = TRY(Child::create(test_quota));
    Inherited heir = inherited();
    heir.priority = inherited().priority - 1;
    heir.image.code = TRY(child.give(inherited().image.code));
    heir.image.data = TRY(child.give(inherited().image.data));
    heir.report = TRY(child.give(inherited().report));
    heir.system = TRY(child.give(inherited().system));
    heir.supervisor = TRY(child.give(_endpoint.index(), endpoint_permission::call));
    if (inherited().interrupt != 0)
        heir.interrupt = TRY(child.give(inherited().interrupt));
    TRY_VOID(child.start(run_test, {reinterpret_cast<uint64_t>(&test)}, heir.priority, heir));
    TRY_VOID(_endpoint.bind(child.ended()));
    auto const ended = wait_for_end(after(test.seconds() * second));
    TRY_VOID(_endpoint.unbind());
    bool const hung = !TRY(ended);
    if (hung)
        TRY_VOID(child.process().destroy(1));
    return Outcome{TRY(child.process().information()), hung};
}

// Serves tests meanwhile. False when the deadline passed first.
Result<bool> Suite::wait_for_end(uint64_t deadline) {
    while (true) {
        message_buffer().accepted_transfers = 1;
        auto const received = endpoint_receive(_endpoint.index(), _reply.index(), deadline);
        if (received.error() == Error::timed_out)
            return false;
        if (!received.ok())
            return received.error();
        if (received.value().tag.from_notification())
            return true;
        serve(received.value());
    }
}

void Suite::serve(Endpoint_receive_out const& received) {
    uint64_t ticket = 0;
    if (received.tag.label() == supervisor_protocol::adopt && received.tag.transfers() == 1) {
        ticket = 1;
        while (ticket < _adopted.size() && _adopted[ticket] != 0)
            ++ticket;
        Capability_index const process = message_buffer().received[0].index;
        if (ticket < _adopted.size())
            _adopted[ticket] = process;
        else
            static_cast<void>(capability_delete(process));
        ticket %= _adopted.size();
    } else if (received.w0 < _adopted.size() && _adopted[received.w0] != 0) {
        static_cast<void>(capability_delete(_adopted[received.w0]));
        _adopted[received.w0] = 0;
    }
    static_cast<void>(endpoint_reply(_reply.index(), Message_tag{}, ticket, 0, 0, 0));
}

void Suite::end_adopted() {
    for (auto& process : _adopted) {
        if (process == 0)
            continue;
        static_cast<void>(process_destroy(process, 1));
        static_cast<void>(capability_delete(process));
        process = 0;
    }
}

// Servers that work on something the test caused get a moment to finish.
void Suite::check_counters(Counters const& before) {
    Counters now{};
    for (uint64_t const deadline = after(settling_time); lavandin::now() < deadline;) {
        auto const counted = count(inherited().system);
        if (!expect_success(HERE, counted.error(), "counting behind the test"))
            return;
        now = counted.value();
        if (now == before)
            return;
        sleep_for(settling_step);
    }
    describe(before, now);
    fail();
}

void Suite::print(char const* group, char const* name, size_t index) {
    auto const& said = report();
    size_t const bytes = said.text_bytes < sizeof said.text ? said.text_bytes : sizeof said.text;
    std::string_view text{said.text, bytes};
    bool const skipped = said.skipped != 0 && said.failures == 0;
    if (_outcome_count < _outcomes.size())
        _outcomes[_outcome_count++] = said.failures != 0 ? 'n' : skipped ? 's' : 'o';
    printf("%s %zu - %s.%s", said.failures == 0 ? "ok" : "not ok", index, group, name);
    if (skipped)
        printf(" # SKIP %.*s", static_cast<int>(text.find('\n')), text.data());
    putchar('\n');
    while (!skipped && !text.empty()) {
        size_t const end = text.find('\n') < text.size() ? text.find('\n') : text.size() - 1;
        printf("# %.*s\n", static_cast<int>(end), text.data());
        text.remove_prefix(end + 1);
    }
}

} // namespace conformance
