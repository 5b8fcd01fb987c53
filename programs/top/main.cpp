// SPDX-License-Identifier: MIT
// Shows what processors, processes and threads do, again and again. On a terminal each showing
// takes the place of the one before.
#include "sample.hpp"

#include <lavandin/clock.hpp>
#include <lavandin/console_client.hpp>
#include <lavandin/usage.hpp>

#include <stdio.h>
#include <string_view>

using namespace lavandin;
using namespace top;

namespace {

struct Options {
    uint64_t times{0}; // 0: for ever
    uint64_t seconds{2};
    bool threads{false};
};

bool parse(int count, char** arguments, Options& options) {
    constexpr uint64_t most = 1'000'000;
    for (int i = 1; i < count; ++i) {
        std::string_view const word = arguments[i];
        uint64_t* const number = word == "-n"   ? &options.times
                                 : word == "-d" ? &options.seconds
                                                : nullptr;
        if (word == "-t")
            options.threads = true;
        else if (!number || i + 1 == count || !read_number(arguments[++i], most, *number))
            return false;
    }
    return true;
}

// Only who reads from a terminal may choose how that behaves.
bool on_terminal() {
    Console_client const console;
    return console.set_mode(console_protocol::Mode::cooked).ok();
}

// Processors' clocks differ a little, and a number may be another process's now.
uint64_t more(uint64_t after, uint64_t before) { return after > before ? after - before : 0; }

double percent(uint64_t part, uint64_t whole) {
    return whole != 0 ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

double per_second(uint64_t count, uint64_t elapsed) {
    return elapsed != 0 ? 1e9 * static_cast<double>(count) / static_cast<double>(elapsed) : 0;
}

char const* name_of(uint64_t state) {
    static constexpr char const* names[] = {"absent",   "offered", "starting", "online",
                                            "draining", "parked",  "stopped"};
    return state < abi::processor_states ? names[state] : "?";
}

void print(Processor_reading const& before, Processor_reading const& after, unsigned number) {
    uint64_t const elapsed = after.now - before.now;
    auto const part = [&](Run_kind kind) {
        return percent(more(after.time(kind), before.time(kind)), elapsed);
    };
    auto const kernel = [&](Activity activity) {
        return percent(more(after.time(activity), before.time(activity)), elapsed);
    };
    Processor_counts const& now = after.counts;
    Processor_counts const& then = before.counts;
    uint64_t const wake_ups = now.wake_ups - then.wake_ups;
    uint64_t const latency = wake_ups != 0 ? (now.latency - then.latency) / wake_ups : 0;
    printf("%9u %-8s %6.1f %6.1f %6.1f %6.1f %6.1f %5llu %8.0f %6.0f %8.0f %8.1f %6llu\n", number,
           name_of(now.state), kernel(Activity::busy), kernel(Activity::idle),
           part(Run_kind::running), part(Run_kind::stolen), part(Run_kind::blocked),
           static_cast<unsigned long long>(now.ready),
           per_second(now.switches - then.switches, elapsed),
           per_second(now.migrations_in - then.migrations_in, elapsed),
           per_second(wake_ups, elapsed), static_cast<double>(latency) / 1e3,
           static_cast<unsigned long long>(now.lock_waits - then.lock_waits));
}

// As far as init may show them: the process's quota may have no room for the page.
void print_threads(Init_client const& init, uint64_t process) {
    static constexpr char const* phases[] = {"running", "preempted", "woken", "waiting"};
    auto const page = init.accounts(static_cast<init_protocol::Process_number>(process));
    auto const watch = page.ok() ? Process_watch::open(page.value()) : page.error();
    if (!watch.ok())
        return;
    watch.value().threads([](Thread_account const& thread) {
        printf("       thread %-4llu %-9s on %-2llu priority %-2llu %9.3f s run %9.3f s ready "
               "%9.3f s wait %8llu switches %6llu moves\n",
               static_cast<unsigned long long>(thread.identifier),
               thread.phase < abi::thread_phases ? phases[thread.phase] : "?",
               static_cast<unsigned long long>(thread.processor),
               static_cast<unsigned long long>(thread.priority),
               static_cast<double>(thread.time[0]) / 1e9,
               static_cast<double>(thread.time[1] + thread.time[2]) / 1e9,
               static_cast<double>(thread.time[3]) / 1e9,
               static_cast<unsigned long long>(thread.switches),
               static_cast<unsigned long long>(thread.migrations));
    });
}

void print(Init_client const& init, Processes const& before, Processes const& after, bool threads) {
    uint64_t const elapsed = after.now - before.now;
    printf("%9s %-8s %6s %7s %9s  %s\n", "process", "state", "%cpu", "threads", "seconds", "name");
    for (unsigned i = 0; i < after.count; ++i) {
        auto const& entry = after.entries[i];
        auto const* const then = before.find(entry.number);
        uint64_t const used = entry.information.processor_time;
        uint64_t const earlier = then != nullptr ? then->information.processor_time : 0;
        char name[sizeof(entry.information.name) + 1]{};
        memcpy(name, entry.information.name, sizeof(entry.information.name));
        printf("%9llu %-8s %6.1f %7llu %9.3f  %s\n", static_cast<unsigned long long>(entry.number),
               "alive", percent(more(used, earlier), elapsed),
               static_cast<unsigned long long>(entry.information.threads),
               static_cast<double>(used) / 1e9, name);
        if (threads)
            print_threads(init, entry.number);
    }
}

class Top {
public:
    Result<void> open() {
        TRY_VOID(_processors.open(environment().capability("system")));
        return look();
    }

    // One showing, of what happened since the last look.
    Result<void> show(Options const& options, bool clear) {
        for (unsigned i = 0; i < _processors.count(); ++i)
            _before[i] = _after[i];
        _processes_before = _processes;
        TRY_VOID(look());
        if (clear)
            printf("\033[H\033[J");
        printf("up %.1f s; %u processors, %u processes; %% of the last %.1f s\n",
               static_cast<double>(now()) / 1e9, _processors.count(), _processes.count,
               static_cast<double>(_processes.now - _processes_before.now) / 1e9);
        printf("%9s %-8s %6s %6s %6s %6s %6s %5s %8s %6s %8s %8s %6s\n", "processor", "state",
               "busy", "idle", "ran", "stolen", "slept", "ready", "switch/s", "move/s", "wakeup/s",
               "after us", "waits");
        for (unsigned i = 0; i < _processors.count(); ++i)
            print(_before[i], _after[i], i);
        print(_init, _processes_before, _processes, options.threads);
        fflush(stdout);
        return {};
    }

private:
    Result<void> look() {
        for (unsigned i = 0; i < _processors.count(); ++i)
            _after[i] = _processors.read(i);
        return read_processes(_init, _processes);
    }

    Init_client const _init;
    Processors _processors;
    std::array<Processor_reading, most_processors> _before{};
    std::array<Processor_reading, most_processors> _after{};
    Processes _processes_before;
    Processes _processes;
};

Top instance; // too large for a stack

} // namespace

int main(int count, char** arguments) {
    Options options;
    if (!parse(count, arguments, options))
        return usage("top [-n TIMES] [-d SECONDS] [-t]\n"
                     "  -n TIMES    ends after so many showings\n"
                     "  -d SECONDS  between two; 2 if not given\n"
                     "  -t          threads, too");
    if (auto const opened = instance.open(); !opened.ok())
        return failed("top", "accounts", opened.error());
    bool const clear = options.times != 1 && on_terminal();
    for (uint64_t i = 0; options.times == 0 || i < options.times; ++i) {
        sleep_for(options.seconds * second);
        if (auto const shown = instance.show(options, clear); !shown.ok())
            return failed("top", "init", shown.error());
    }
    return 0;
}
