// SPDX-License-Identifier: MIT
// Threads that do what threads do while processors come and go, and count how often. One that does
// not get further any more has been lost.
#pragma once

#include <fuzz/random.hpp>
#include <lavandin/objects.hpp>
#include <lavandin/thread.hpp>

namespace changes {

using namespace lavandin;

class Witnesses {
public:
    // Errors: those of Notification, Endpoint and Thread.
    Result<void> start(uint64_t seed);
    // Whether each of them gets further still, within `patience`, and nothing was wrong; prints
    // who did not.
    bool all_go_on(uint64_t patience);
    void print() const;
    void end();

private:
    enum Kind : uint64_t {
        running,
        sleeping,
        pinned,
        caller,
        server,
        timer,
        ringer,
        listener,
        store_reader,
    };
    static constexpr char const* names[] = {"running", "sleeping", "pinned",
                                            "caller",  "server",   "timer",
                                            "ringer",  "listener", "store reader"};
    struct Witness {
        Witnesses* all{nullptr};
        Kind kind{};
        uint64_t seed{0};
        uint64_t rounds{0};
        uint64_t wrong{0};
        Thread thread;
    };
    static constexpr size_t maximum = 20;

    Result<void> add(Kind kind, uint64_t seed);
    static void work(void* witness);
    // The server outlasts those that call it.
    bool ended(Kind kind) const {
        return __atomic_load_n(kind == server ? &_server_end : &_end, __ATOMIC_ACQUIRE);
    }
    bool round(Witness& witness, fuzz::Random& random);
    bool sleep(fuzz::Random& random) const;
    bool stay_pinned(fuzz::Random& random) const;
    bool wait_in_vain(fuzz::Random& random) const;
    bool call() const;
    bool serve();

    Endpoint _endpoint;
    Reply _reply;
    Notification _there;
    Notification _back;
    Notification _silent;
    bool _end{false};
    bool _server_end{false};
    Witness _witnesses[maximum];
    size_t _count{0};
};

} // namespace changes
