// SPDX-License-Identifier: MIT
#include "witnesses.hpp"

#include <lavandin/clock.hpp>
#include <lavandin/thread_pointer.hpp>
#include <lavandin/xenstore_client.hpp>
#include <stdio.h>
#include <string.h>

namespace changes {

namespace {

constexpr uint64_t priority_of_runners = default_priority - 2; // others come through
constexpr uint64_t stack_bytes = 16 * 1024;
constexpr uint64_t longest_sleep = 3 * millisecond;

uint64_t where() {
    Thread_information information{};
    if (thread_information(0).ok())
        memcpy(&information, message_buffer().words, sizeof(information));
    return information.processor;
}

} // namespace

Result<void> Witnesses::add(Kind kind, uint64_t seed) {
    Witness& witness = _witnesses[_count];
    witness.all = this;
    witness.kind = kind;
    witness.seed = seed + _count;
    uint64_t const priority = kind == running ? priority_of_runners : default_priority;
    witness.thread = TRY(Thread::start(work, &witness, {stack_bytes, priority}));
    ++_count;
    return {};
}

Result<void> Witnesses::start(uint64_t seed) {
    _endpoint = TRY(Endpoint::create());
    _reply = TRY(Reply::create());
    _there = TRY(Notification::create());
    _back = TRY(Notification::create());
    _silent = TRY(Notification::create());
    static constexpr Kind kinds[] = {server,   running,  running, running, sleeping,
                                     sleeping, sleeping, pinned,  pinned,  caller,
                                     caller,   timer,    ringer,  listener};
    for (Kind const kind : kinds)
        TRY_VOID(add(kind, seed));
    if (environment().capability("xenstore") != 0)
        TRY_VOID(add(store_reader, seed));
    return {};
}

// Never early.
bool Witnesses::sleep(fuzz::Random& random) const {
    uint64_t const deadline = after(random.below(longest_sleep));
    return thread_sleep(deadline).ok() && now() >= deadline;
}

bool Witnesses::wait_in_vain(fuzz::Random& random) const {
    uint64_t const deadline = after(random.below(longest_sleep));
    return _silent.wait(deadline).error() == Error::timed_out && now() >= deadline;
}

// It is nowhere else while it may not. None of them may take threads now: then it stays free.
bool Witnesses::stay_pinned(fuzz::Random& random) const {
    uint64_t const set = uint64_t{1} << random.below(8) | uint64_t{1} << random.below(8);
    auto const bound = thread_set_affinity(0, set);
    bool good = bound.ok() || bound.error() == Error::no_processor;
    for (int i = 0; bound.ok() && i < 3; ++i) {
        good = good && (set >> where() & 1) != 0;
        static_cast<void>(thread_sleep(after(random.below(100 * microsecond))));
    }
    return thread_set_affinity(0, any_processor).ok() && sleep(random) && good;
}

bool Witnesses::call() const {
    auto const answer = endpoint_call(_endpoint.index(), Message_tag{}, 7, 0, 0, 0);
    return answer.ok() && answer.value().w0 == 8;
}

bool Witnesses::serve() {
    auto const received = endpoint_receive(_endpoint.index(), _reply.index(), forever);
    if (!received.ok())
        return false;
    return endpoint_reply(_reply.index(), Message_tag{}, received.value().w0 + 1, 0, 0, 0).ok();
}

bool Witnesses::round(Witness& witness, fuzz::Random& random) {
    char text[16];
    switch (witness.kind) {
    case running:
        for (int volatile i = 0; i < 10'000;)
            i = i + 1;
        return true;
    case sleeping:
        return sleep(random);
    case pinned:
        return stay_pinned(random);
    case caller:
        return call();
    case server:
        return serve();
    case timer:
        return wait_in_vain(random);
    case ringer:
        return _there.signal().ok() && _back.wait().ok();
    case listener:
        return _there.wait().ok() && _back.signal().ok();
    case store_reader: { // its answer comes by an interrupt; dom0 is to have time for others, too
        auto const read = Xenstore_client{}.read("domid", text);
        return (read.ok() || read.error() == Error::timed_out) && sleep(random);
    }
    }
    return false;
}

void Witnesses::work(void* self) {
    auto& witness = *static_cast<Witness*>(self);
    fuzz::Random random{witness.seed};
    while (!witness.all->ended(witness.kind)) {
        bool const good = witness.all->round(witness, random);
        if (witness.all->ended(witness.kind))
            break;
        __atomic_fetch_add(&witness.wrong, good ? 0 : 1, __ATOMIC_RELAXED);
        __atomic_fetch_add(&witness.rounds, 1, __ATOMIC_RELEASE);
    }
}

bool Witnesses::all_go_on(uint64_t patience) {
    uint64_t before[maximum];
    bool good = true;
    for (size_t i = 0; i < _count; ++i)
        before[i] = __atomic_load_n(&_witnesses[i].rounds, __ATOMIC_ACQUIRE);
    uint64_t const deadline = after(patience);
    for (size_t i = 0; i < _count; ++i) {
        Witness& witness = _witnesses[i];
        // Two more: the first may have been under way.
        while (__atomic_load_n(&witness.rounds, __ATOMIC_ACQUIRE) < before[i] + 2 &&
               now() < deadline)
            sleep_for(millisecond);
        bool const goes_on = witness.rounds >= before[i] + 2;
        if (!goes_on || witness.wrong != 0)
            printf("# %s: %llu rounds, %llu wrong%s\n", names[witness.kind],
                   static_cast<unsigned long long>(witness.rounds),
                   static_cast<unsigned long long>(witness.wrong),
                   goes_on ? "" : ", and no further");
        good = good && goes_on && witness.wrong == 0;
    }
    return good;
}

void Witnesses::print() const {
    for (size_t i = 0; i < _count; ++i)
        printf("# %s: %llu rounds\n", names[_witnesses[i].kind],
               static_cast<unsigned long long>(_witnesses[i].rounds));
}

// Those that wait for each other are let out.
void Witnesses::end() {
    __atomic_store_n(&_end, true, __ATOMIC_RELEASE);
    static_cast<void>(_there.signal());
    static_cast<void>(_back.signal());
    for (size_t i = 1; i < _count; ++i)
        _witnesses[i].thread.join();
    __atomic_store_n(&_server_end, true, __ATOMIC_RELEASE);
    static_cast<void>(call());
    _witnesses[0].thread.join();
}

} // namespace changes
