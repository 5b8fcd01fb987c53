// SPDX-License-Identifier: MIT
// Carries the requests of clients to the store and the answers back, without the process around it.
// Nothing here waits: who asks gets a place, and the place is answered later, by the store or by
// the clock.
#pragma once

#include "connection.hpp"
#include "requests.hpp"
#include "transactions.hpp"
#include "watches.hpp"

namespace lavandin::xenstore {

class Client_service {
public:
    static constexpr uint64_t second = 1'000'000'000;
    static constexpr uint64_t answer_time = xenstore_protocol::answer_seconds * second;
    static constexpr size_t maximum_clients =
        Requests::maximum + Watches::maximum + Transactions::maximum;

    // Who reaches the clients.
    class Clients {
    public:
        // The one who got `place` from ask() is answered; `text` and `word` only without error.
        virtual void answer(size_t place, abi::Error error, std::string_view text,
                            uint64_t word) = 0;
        // The store has set the watch in this place: a successor is to have it as `kept_as`.
        virtual void established(Watch const& watch, size_t place) = 0;
        // There is an event of the watch in this place.
        virtual void changed(size_t watch) = 0;
        // The watch in this place is nobody's any more.
        virtual void forgotten(Watch const& watch, size_t place) = 0;

    protected:
        ~Clients() = default;
    };

    struct Question {
        xenstore_protocol::Label label;
        Client client;
        uint64_t roles;
        std::string_view path;
        std::string_view value;
        uint64_t word;
    };

    // `last_serial`: no number above it has been used for watches and transactions.
    Client_service(Connection& connection, Clients& clients, uint32_t last_serial = 0)
        : _connection{connection}, _clients{clients}, _watches{last_serial}, _transactions{
                                                                                 last_serial} {}

    // Takes over a watch of a predecessor; it is set again with the next tick(). Answers its place.
    // Errors: as of Label::watch.
    struct Inheritance {
        Client client;
        std::string_view path;
        uint64_t token;
        uint32_t kept_as;
    };
    abi::Result<size_t> inherit(Inheritance const& inheritance);

    // Asks the store. Answers a place, below Requests::maximum, that is free until then.
    // Errors: those of the label that come without asking.
    abi::Result<size_t> ask(Question const& question, uint64_t now);

    abi::Result<Watches::Event> next_event(Client client) { return _watches.take_event(client); }

    // The watch that the request in `place` is about, as Clients::changed names it.
    size_t watch_of(size_t place);

    void arrived(Message const& message);

    // Has requests fail whose time has come, and sends what is to be taken back.
    // True when one failed.
    bool tick(uint64_t now);

    // A client is gone: everything of it is taken back.
    void ended(Client client);

    // The clients that have something here, each once; answers how many.
    size_t clients(std::span<Client, maximum_clients> to);

    // When tick() has something to do at the latest; Requests::none for never.
    uint64_t deadline(uint64_t now);

private:
    using Strings = std::initializer_list<std::string_view>;

    struct Order {
        uint32_t type;
        Client client;
        uint32_t subject;
        Strings strings;
        bool open_end{false};
        uint32_t transaction{0};
    };

    abi::Result<size_t> send(Order const& order, uint64_t now);
    abi::Result<size_t> ask_node(Question const& question, uint32_t type, uint64_t now);
    abi::Result<size_t> watch(Question const& question, uint64_t now);
    abi::Result<size_t> unwatch(Question const& question, uint64_t now);
    abi::Result<size_t> begin(Question const& question, uint64_t now);
    abi::Result<size_t> finish(Question const& question, bool commit, uint64_t now);

    struct Outcome {
        abi::Error error;
        std::string_view text{};
        uint64_t word{0};
    };

    void event(Message const& message);
    Outcome settle(Pending_request const& request, Message const& message);
    void watch_answered(Pending_request const& request, abi::Error error);
    Outcome begun(Pending_request const& request, Outcome outcome);
    void give_up(Pending_request& request);
    void leave(Watch& watch);
    void take_back(uint64_t now);
    bool asked_for(Transaction const& transaction) const;
    bool anything_to_ask();
    void set_again(uint64_t now);

    Connection& _connection;
    Clients& _clients;
    Requests _requests;
    Watches _watches;
    Transactions _transactions;
};

// The error that the store means by a word; not_supported when it is none that we know.
abi::Error error_of(std::string_view word);

} // namespace lavandin::xenstore
