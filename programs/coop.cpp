// SPDX-License-Identifier: MIT
// Cooperation with the VMM side: how it stands, and asking by hand.
#include <cooperation/names.h>
#include <cooperation/reasons.h>
#include <cooperation/types.h>
#include <lavandin/clock.hpp>
#include <lavandin/resource_manager_client.hpp>
#include <lavandin/usage.hpp>
#include <stdio.h>
#include <string_view>

using namespace lavandin;

namespace {

using resource_manager_protocol::Asked;
using resource_manager_protocol::Connection;
using State = resource_manager_protocol::Cooperation_state;

constexpr char usage_text[] = "coop [request N [SECONDS] | release N [SECONDS] | --help]";
constexpr char help_text[] =
    "usage: coop [request N [SECONDS] | release N [SECONDS]]\n"
    "\n"
    "Without arguments: how cooperation with the VMM side stands. By hand, for so many seconds\n"
    "(60), in which nothing is asked for otherwise:\n"
    "  request N   asks for N processors in all, and waits for the answer\n"
    "  release N   gives N processors up\n";
constexpr uint64_t most_seconds = 24ull * 3600;
constexpr uint64_t usual_seconds = 60;

using Number = unsigned long long; // for printf

char const* name_of(uint64_t connection) {
    static constexpr char const* names[] = {"impossible here", "apart: nobody is on the other side",
                                            "greeting: said hello, no answer", "joined",
                                            "rejected"};
    return connection < sizeof(names) / sizeof(*names) ? names[connection] : "left";
}

unsigned number(uint64_t word) { return static_cast<unsigned>(word); }

// "0-3,5", as people write sets of processors.
void print_set(char const* label, uint64_t mask) {
    printf("%s", label);
    if (mask == 0)
        printf("none");
    char const* comma = "";
    for (unsigned first = 0; first < 64; ++first) {
        if ((mask >> first & 1) == 0)
            continue;
        unsigned last = first;
        while (last + 1 < 64 && (mask >> (last + 1) & 1) != 0)
            ++last;
        printf(last == first ? "%s%u" : "%s%u-%u", comma, first, last);
        comma = ",";
        first = last;
    }
}

double share(uint64_t thousandths) { return static_cast<double>(thousandths) / 1000; }

void print_session(State const& state) {
    static constexpr struct {
        unsigned bit;
        char const* name;
    } names[] = {{COOP_REPORTS, "reports"},
                 {COOP_TAKES, "takes"},
                 {COOP_GIVES, "gives"},
                 {COOP_PARKS, "parks"},
                 {COOP_CHARACTERISTICS, "characteristics"}};
    printf("session       %llu with instance %llu:", static_cast<Number>(state.session),
           static_cast<Number>(state.instance));
    for (auto const& each : names)
        if ((state.capabilities & each.bit) != 0)
            printf(" %s", each.name);
    printf("\nentitlement   %.3f processors, at most %llu\n", share(state.entitlement),
           static_cast<Number>(state.ceiling));
    print_set("allotted      ", state.allotted);
    printf("; uses %.3f; pressure %.3f; standing %s\n", share(state.use), share(state.pressure),
           coop_standing_name(number(state.standing)));
    if (state.enforcements != 0)
        printf("enforced      %llu times%s\n", static_cast<Number>(state.enforcements),
               state.enforced != 0 ? ", and now" : "");
    printf("load          %s; demand %.3f processors, confidence %llu %%; %llu threads runnable\n",
           coop_load_name(number(state.load)), share(state.demand),
           static_cast<Number>(state.confidence / 10), static_cast<Number>(state.runnable));
}

void print_request(State const& state) {
    if (state.wanted == 0)
        return;
    printf("request       %llu processors (%s): ", static_cast<Number>(state.wanted),
           coop_need_name(number(state.need)));
    if (state.outcome == 0)
        printf("no answer yet\n");
    else
        printf("%s, %llu processors (%s)\n", coop_outcome_name(number(state.outcome)),
               static_cast<Number>(state.answer_processors),
               coop_reason_name(number(state.answer_reason)));
}

void print_reply(State const& state) {
    if (state.reply_type == 0)
        return;
    printf("last %s  ", coop_type_name(number(state.reply_type)));
    if (state.reply_processors != 0)
        print_set("moved ", state.reply_processors);
    else
        printf("refused");
    if (state.reply_reason != COOP_REASON_NONE)
        printf(": %s", coop_reason_name(number(state.reply_reason)));
    if (state.reply_reason == COOP_REASON_PINNED)
        printf(", by thread %llu", static_cast<Number>(state.reply_detail));
    printf("\n");
}

void print_counts(State const& state) {
    printf("so far        %llu sessions, %llu reports (every %llu ms), %llu requests, "
           "%llu releases\n",
           static_cast<Number>(state.sessions), static_cast<Number>(state.reports),
           static_cast<Number>(state.period / millisecond), static_cast<Number>(state.requests),
           static_cast<Number>(state.releases));
    printf(
        "              offers: %llu taken, %llu refused; reclaims: %llu followed, %llu refused\n",
        static_cast<Number>(state.offers_taken), static_cast<Number>(state.offers_refused),
        static_cast<Number>(state.reclaims_followed), static_cast<Number>(state.reclaims_refused));
    if (state.errors != 0)
        printf("              %llu messages were not accepted\n",
               static_cast<Number>(state.errors));
}

int show(Resource_manager_client const& resources) {
    auto const found = resources.cooperation();
    if (!found.ok())
        return failed("coop", "resources", found.error());
    State const& state = found.value();
    printf("cooperation   %s", name_of(state.connection));
    if (state.turned_away != COOP_REASON_NONE)
        printf(": %s", coop_reason_name(number(state.turned_away)));
    printf("\n");
    bool const joined = state.connection == static_cast<uint64_t>(Connection::joined);
    if (joined)
        print_session(state);
    if (state.connection != 0) {
        print_set("in use        ", state.online);
        if (state.given != 0)
            print_set("; given up ", state.given);
        printf("\n");
    }
    print_request(state);
    print_reply(state);
    if (state.sessions != 0)
        print_counts(state);
    return 0;
}

int refused(char const* verb, Error error) {
    if (error == Error::wrong_state)
        printf("coop: %s: there is nobody to ask\n", verb);
    else if (error == Error::invalid_argument)
        printf("coop: %s: this machine does not have so many processors\n", verb);
    else if (error == Error::peer_died)
        printf("coop: %s: the other side went away\n", verb);
    else
        return failed("coop", verb, error);
    return status_failed;
}

int ask(Resource_manager_client const& resources, bool release, uint64_t count, uint64_t seconds) {
    char const* const verb = release ? "release" : "request";
    uint64_t const duration = seconds * second;
    auto const answer =
        release ? resources.give(count, duration) : resources.request(count, duration);
    if (!answer.ok())
        return refused(verb, answer.error());
    Asked const& asked = answer.value();
    if (asked.error != 0)
        return refused(verb, static_cast<Error>(asked.error));
    char const* const reason = coop_reason_name(number(asked.reason));
    auto const processors = static_cast<Number>(asked.processors);
    if (!release) {
        printf("%s: %llu processors (%s)\n", coop_outcome_name(number(asked.outcome)), processors,
               reason);
        return asked.outcome == COOP_REFUSED_NOW ? status_failed : 0;
    }
    printf("released %llu processors", processors);
    if (asked.reason != COOP_REASON_NONE)
        printf(" (%s)", reason);
    printf("\n");
    return asked.processors != 0 ? 0 : status_failed;
}

} // namespace

int main(int count, char** arguments) {
    Resource_manager_client const resources;
    std::string_view const verb = count > 1 ? arguments[1] : "";
    if (count == 1)
        return show(resources);
    if (count == 2 && verb == "--help") {
        printf("%s", help_text);
        return 0;
    }
    uint64_t wanted = 0;
    uint64_t seconds = usual_seconds;
    bool const release = verb == "release";
    bool const known = (release || verb == "request") && (count == 3 || count == 4);
    if (!known || !read_number(arguments[2], resource_manager_protocol::maximum_processors, wanted))
        return usage(usage_text);
    if (count == 4 && !read_number(arguments[3], most_seconds, seconds))
        return usage(usage_text);
    return ask(resources, release, wanted, seconds);
}
