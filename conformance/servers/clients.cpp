// SPDX-License-Identifier: MIT
#include "clients.hpp"

#include <lavandin/clock.hpp>
#include <lavandin/console_client.hpp>
#include <lavandin/log_client.hpp>
#include <lavandin/mapping.hpp>
#include <lavandin/memory_client.hpp>
#include <lavandin/names_client.hpp>
#include <lavandin/resource_manager_client.hpp>
#include <lavandin/xenstore_client.hpp>
#include <stdio.h>
#include <string.h>

namespace server_deaths {

using namespace lavandin;

namespace {

// What stops a client: an error that a death does not excuse, or an answer that is wrong.
constexpr Error wrong_answer = Error::not_supported;

struct Client {
    unsigned number;
    unsigned interrupted{0};

    // A request without libos's own repeating: the death is seen, and counted.
    template <typename Prepare>
    Result<Message_reader> ask(Prepare prepare) {
        while (true) {
            auto answer = prepare();
            if (answer.error() != Error::peer_died)
                return answer;
            ++interrupted;
        }
    }
};

// What has been removed may be gone already, by a first try that was cut off.
Result<void> gone(Result<void> removed) {
    return removed.error() == Error::not_mapped ? Result<void>{} : removed;
}

// A name that was added stays, and so does what it stands for.
Result<void> use_names(Client& client) {
    Names_client const names;
    char own[32];
    char passing[32];
    snprintf(own, sizeof(own), "lasting.%u", client.number);
    snprintf(passing, sizeof(passing), "passing.%u", client.number);
    auto const endpoint = TRY(Endpoint::create());
    TRY_VOID(names.add(own, endpoint));
    for (unsigned i = 0; i < requests; ++i) {
        TRY_VOID(names.add(passing, endpoint));
        TRY_VOID(gone(names.remove(passing)));
        auto answer = TRY(client.ask([&] {
            Call call{environment().capability("names"), names_protocol::Label::find};
            return call.text(own).accept(1).send();
        }));
        auto const found = answer.take<Endpoint>();
        if (TRY(found.information()).type != static_cast<uint64_t>(Endpoint::type))
            return wrong_answer;
    }
    return gone(names.remove(own));
}

Result<void> check_pattern(Mapping const& mapping, uint64_t seed) {
    for (size_t i = 0; i < mapping.size() / sizeof(uint64_t); ++i)
        if (mapping.as<uint64_t>()[i] != seed + i)
            return wrong_answer;
    return {};
}

void fill(Mapping const& mapping, uint64_t seed) {
    for (size_t i = 0; i < mapping.size() / sizeof(uint64_t); ++i)
        mapping.as<uint64_t>()[i] = seed + i;
}

// Memory that was given stays, whatever becomes of who gave it.
Result<void> use_memory(Client& client) {
    constexpr uint64_t bytes = 2 * page_size;
    auto lasting = TRY(allocate_memory(4 * page_size));
    auto const kept = TRY(Mapping::create(lasting.memory()));
    fill(kept, client.number);
    for (unsigned i = 0; i < requests; ++i) {
        auto passing = TRY(allocate_memory(bytes));
        auto const mapping = TRY(Mapping::create(passing.memory()));
        fill(mapping, i);
        auto answer = TRY(client.ask([] {
            return Call{environment().capability("memory"), memory_protocol::Label::totals}.send();
        }));
        if (answer.object<memory_protocol::Totals>().client_used < bytes)
            return wrong_answer;
        TRY_VOID(check_pattern(mapping, i));
    }
    return check_pattern(kept, client.number);
}

Result<void> use_console(Client& client) {
    Console_client const console;
    for (unsigned i = 0; i < requests; ++i) {
        char line[48];
        snprintf(line, sizeof(line), "client %u writes line %u\n", client.number, i);
        TRY_VOID(console.write(line));
        (void)TRY(client.ask([] {
            return Call{environment().capability("console"), console_protocol::Label::flush}.send();
        }));
    }
    return {};
}

Result<void> use_log(Client& client) {
    Log_client const log;
    char line[48];
    snprintf(line, sizeof(line), "client %u was here", client.number);
    for (unsigned i = 0; i < requests; ++i) {
        char text[2048];
        uint64_t position = 0;
        TRY_VOID(log.write(line));
        if (TRY(log.read(position, text)) == 0)
            return wrong_answer; // the kernel's first messages are always there
        (void)TRY(client.ask([] {
            return Call{environment().capability("log"), log_protocol::Label::read}.word(0).send();
        }));
    }
    return {};
}

// Processors stay as they are. What had been done when a server died over it is possible no more
// when it is asked for again.
Result<void> use_resources(Client& client) {
    Resource_manager_client const resources;
    auto const again = [](Result<void> done) {
        return done.error() == Error::wrong_state || done.error() == Error::busy ? Result<void>{}
                                                                                 : done;
    };
    uint64_t const number = 1 + client.number;
    for (unsigned i = 0; i < requests; ++i) {
        auto answer = TRY(client.ask([] {
            return Call{environment().capability("resources"),
                        resource_manager_protocol::Label::list}
                .word(0)
                .send();
        }));
        auto const first = answer.object<resource_manager_protocol::Entry>();
        if (first.information.state != static_cast<uint64_t>(Processor_state::online))
            return wrong_answer;
        auto const entry = TRY(resources.entry(number));
        if (entry.information.state == static_cast<uint64_t>(Processor_state::absent))
            continue;
        TRY_VOID(again(resources.park(number, after(10 * second))));
        TRY_VOID(again(resources.unpark(number)));
    }
    return {};
}

// A store on a busy machine may take longer than the server waits for it; and a server whose
// predecessor died in the middle of a message is busy until it has found its place in the stream.
template <typename Request>
auto patiently(Request request) {
    constexpr unsigned most_attempts = 4;
    uint64_t const mended = after(30 * second);
    auto answer = request();
    for (unsigned i = 1; i < most_attempts && answer.error() == Error::timed_out; ++i)
        answer = request();
    while (answer.error() == Error::busy && now() < mended) {
        sleep_for(50 * millisecond);
        answer = request();
    }
    return answer;
}

// Begun anew when its server died within it.
Result<void> transact(Xenstore_client const& store, std::string_view path, std::string_view value) {
    while (true) {
        auto const transaction = TRY(patiently([&] { return store.begin(); }));
        auto const written = store.write(path, value, transaction);
        auto const done = written.ok() ? store.commit(transaction) : written;
        if (done.ok() || done.error() == Error::permission_denied)
            return done;
        bool const again = done.error() == Error::peer_died || done.error() == Error::not_mapped ||
                           done.error() == Error::busy || done.error() == Error::timed_out;
        if (!again)
            return done;
    }
}

// The watch that was set before all deaths tells of what is written after them: by its path, or,
// when a server died with that in hand, by the watch's own, which stands for everything below.
Result<void> wait_for_event(Xenstore_client const& store, Notification const& changed) {
    uint64_t const deadline = after(10 * second);
    while (true) {
        char text[128];
        auto const event = store.next_event(text);
        if (event.ok() && event.value().token == 7)
            return {};
        if (event.error() == Error::not_mapped)
            (void)TRY(changed.wait(deadline));
        else if (!event.ok())
            return event.error();
    }
}

Result<void> use_xenstore(Client& client) {
    Xenstore_client const store;
    char path[32];
    char last[40];
    snprintf(path, sizeof(path), "data/c%u", client.number);
    snprintf(last, sizeof(last), "data/c%u/last", client.number);
    auto const changed = TRY(Notification::create());
    TRY_VOID(patiently([&] { return store.watch(path, 7, changed); }));
    char value[16];
    char text[64];
    for (unsigned i = 0; i < requests / 4; ++i) { // dom0 is slow: four requests a round
        size_t const bytes = static_cast<size_t>(snprintf(value, sizeof(value), "%u", i));
        TRY_VOID(patiently(
            [&] { return i % 4 == 0 ? transact(store, path, value) : store.write(path, value); }));
        auto const got = TRY(patiently([&] { return store.read(path, text); }));
        if (got != bytes || memcmp(text, value, bytes) != 0)
            return wrong_answer;
        auto answer = TRY(patiently([&] {
            return client.ask([] {
                Call call{environment().capability("xenstore"), xenstore_protocol::Label::list};
                return call.text("data").text({}).word(0).send();
            });
        }));
        if (answer.text().empty())
            return wrong_answer;
    }
    while (store.next_event(text).ok())
        ; // of the rounds before
    TRY_VOID(patiently([&] { return store.write(last, "x"); }));
    TRY_VOID(wait_for_event(store, changed));
    TRY_VOID(gone(patiently([&] { return store.unwatch(7); }))); // it may be being set again
    return gone(patiently([&] { return store.remove(path); }));
}

using Use = Result<void> (*)(Client&);

Use use_of(std::string_view server) {
    if (server == "memory")
        return use_memory;
    if (server == "names")
        return use_names;
    if (server == "console")
        return use_console;
    if (server == "resources")
        return use_resources;
    return server == "log" ? use_log : use_xenstore;
}

} // namespace

Outcome run_client(std::string_view server, unsigned number) {
    Client client{number};
    auto const used = use_of(server)(client);
    if (!used.ok())
        printf("# client %u of %.*s: error %u\n", number, static_cast<int>(server.size()),
               server.data(), static_cast<unsigned>(used.error()));
    return {used.ok(), client.interrupted + Call::all_deaths()};
}

} // namespace server_deaths
