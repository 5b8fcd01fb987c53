// SPDX-License-Identifier: MIT
// The whole kernel on processors that run at once, and what threads do there.
#pragma once

#include "../kernel_test.hpp"
#include "kernel_threads.hpp"
#include <fuzz/random.hpp>
#include <kernel/boot.hpp>
#include <kernel/processor_control.hpp>
#include <lavandin/accounts_reader.hpp>
#include <map>
#include <memory>
#include <thread>
#include <utility>

extern "C" void system_call_from_user();

namespace kernel {

using namespace abi;

// User code reads the accounts in an address space of its own: by nothing that the sanitizer would
// see.
struct User_code {
    __attribute__((no_sanitize("thread"))) uint64_t load(uint64_t const& from) {
        return *const_cast<uint64_t const volatile*>(&from);
    }
    void pause(unsigned) { std::this_thread::yield(); }
};

class At_once_test : public Kernel_test {
protected:
    static constexpr uint32_t count = 4;
    static constexpr uint64_t ordinary = Message_tag{}.raw();

    // What a thread does: looks at the answer to its last call, if there was one, and makes another
    // one. Only whoever runs it touches it.
    struct Actor {
        using Step = std::function<void(Actor&, Answer const&)>;
        Child child;
        Step step;

        Actor(Child of, Step what) : child{std::move(of)}, step{std::move(what)} {}

        uint64_t rounds{0};
        uint64_t wrong{0};
        bool first{true};
        bool arrived{false};

        void call(Call number, std::initializer_list<uint64_t> arguments) {
            prepare_call(*child.thread, number, arguments);
        }
        void expect(bool good) {
            wrong += !good;
            ++rounds;
        }
    };

    void add(Child const& child, Actor::Step step) {
        _actors.push_back(std::make_unique<Actor>(child, std::move(step)));
        _actor_of[child.thread.get()] = _actors.back().get();
    }

    // A client that calls a server, which answers with the word that follows.
    void add_pair() {
        Child const server = spawn();
        Child const client = spawn();
        Slot const endpoint = make(Call::endpoint_create);
        Slot const in_server = give(server, endpoint);
        Slot const in_client = give(client, endpoint, endpoint_permission::call, 77);
        run(*server.thread);
        Slot const reply = make(Call::reply_create);
        run(root());
        add(server, [=](Actor& self, Answer const& last) {
            if (self.first)
                return self.call(Call::endpoint_receive, {in_server, reply, forever});
            self.expect(last.error == Error::none && last.words[0] == 77);
            self.call(Call::endpoint_reply_receive,
                      {uint64_t{reply} << 32 | in_server, ordinary, last.words[2] + 1});
        });
        add(client, [=](Actor& self, Answer const& last) {
            if (!self.first)
                self.expect(last.error == Error::none && last.words[2] == self.rounds + 1);
            self.call(Call::endpoint_call, {in_client, ordinary, self.rounds});
        });
    }

    // Two that wait for each other's signals.
    void add_bells() {
        Child const ringer = spawn();
        Child const listener = spawn();
        Slot const there = make(Call::notification_create);
        Slot const back = make(Call::notification_create);
        add_bell(ringer, give(ringer, there), give(ringer, back), false);
        add_bell(listener, give(listener, back), give(listener, there), true);
    }
    void add_bell(Child const& child, Slot ring, Slot listen, bool listens_first) {
        add(child, [=, waits = listens_first](Actor& self, Answer const& last) mutable {
            if (!self.first)
                self.expect(last.error == Error::none);
            waits ? self.call(Call::notification_wait, {listen, forever})
                  : self.call(Call::notification_signal, {ring});
            waits = !waits;
        });
    }

    void add_sleeper(uint64_t seed) {
        add(spawn(), [deadline = Time{0}, random = fuzz::Random{seed}](Actor& self,
                                                                       Answer const& last) mutable {
            Time const now = fake::at_once->now();
            if (!self.first)
                self.expect(last.error == Error::none && now >= deadline);
            deadline = now + random.below(1'000'000);
            self.call(Call::thread_sleep, {deadline});
        });
    }

    Child own() { return {Ref<Process>{root_process()}, Ref<Thread>{root()}, 0, 0}; }

    void add_runner(Child const& child) {
        add(child, [](Actor& self, Answer const& last) {
            if (!self.first)
                self.expect(last.error == Error::none);
            self.call(self.rounds % 2 ? Call::thread_yield : Call::null, {});
        });
    }

    Slot control_of(uint32_t number) {
        Ref<Object> const control{processor_control(number)};
        return root_process().table().add({control, processor_permission::all, 0}).value();
    }

    // The root moves threads, changes their priorities, and parks processors.
    void add_changer() {
        std::vector<Slot> threads;
        std::vector<Slot> processors;
        for (auto const& actor : _actors)
            threads.push_back(actor->child.thread_slot);
        for (uint32_t number = 0; number < count; ++number)
            processors.push_back(control_of(number));
        add(own(), [=, this, random = fuzz::Random{3}](Actor& self, Answer const& last) mutable {
            if (!self.first)
                self.expect(may_be(last.error));
            ++_answers[last.error];
            Slot const thread = threads[random.below(threads.size())];
            switch (random.below(6)) {
            case 0:
                return self.call(Call::thread_set_affinity, {thread, 1 + random.below(15)});
            case 1:
                return self.call(Call::thread_set_affinity, {thread, all_processors});
            case 2:
                return self.call(Call::thread_set_priority,
                                 {thread, default_priority - random.below(2)});
            case 3:
                return self.call(Call::thread_sleep,
                                 {fake::at_once->now() + random.below(1'000'000)});
            default:
                constexpr Processor_action actions[] = {
                    Processor_action::park, Processor_action::unpark, Processor_action::stop,
                    Processor_action::start};
                return self.call(Call::processor_control,
                                 {processors[random.below(count)],
                                  static_cast<uint64_t>(random.any_of(actions)),
                                  random.one_in(4) ? at_once : forever});
            }
        });
    }
    unsigned changes() { return _answers[Error::none]; }
    static bool may_be(Error answer) {
        constexpr Error expected[] = {Error::none,   Error::no_processor, Error::wrong_state,
                                      Error::pinned, Error::timed_out,    Error::not_supported,
                                      Error::busy};
        return std::find(std::begin(expected), std::end(expected), answer) != std::end(expected);
    }

    void spread() {
        uint32_t number = 0;
        for (auto const& actor : _actors)
            if (actor->child.thread_slot != 0)
                EXPECT_EQ(call(Call::thread_set_affinity,
                               {actor->child.thread_slot, set_of(number++ % count)})
                              .error,
                          Error::none);
    }

    // What does not belong together does not add up.
    static void read_accounts(std::atomic<bool> const& end) {
        User_code access;
        lavandin::Accounts_reader reader{access};
        for (uint32_t number = 0; !end; number = (number + 1) % count) {
            abi::Processor_accounts const& accounts = processor(number).accounts();
            abi::Processor_counts const counts = reader.read(accounts.counts);
            EXPECT_EQ(counts.time[0] + counts.time[1] + counts.time[2],
                      counts.updated - accounts.begun);
        }
    }

    // All processors at once, until each actor has come so far. False: nobody can go on.
    bool act(uint64_t rounds) {
        threads::Kernel_threads machine{fake::platform().now};
        _wanted = rounds;
        return machine.run(count, [&](uint32_t number) {
            while (_arrived.load(std::memory_order_relaxed) < _actors.size())
                live(machine, number);
            while (!machine.all_have_enough())
                if (machine.take_kick())
                    enter_at_once([] { take_event(false); });
        });
    }

    void expect_nothing_wrong() {
        for (auto const& actor : _actors) {
            EXPECT_EQ(actor->wrong, 0u) << "thread " << actor->child.thread->identifier();
        }
    }

private:
    static void take_event(bool timer) {
        events_begin();
        if (timer)
            timer_arrived();
        events_handled();
    }
    // Up to where it would run a thread, or nothing. One that goes down comes to that when it has
    // been brought up again.
    static void enter_at_once(std::function<void()> const& entry) {
        auto& machine = static_cast<threads::Kernel_threads&>(*fake::at_once);
        bool goes_down = stops(entry);
        while (goes_down && machine.wait_to_come_up())
            goes_down = stops(processor_resumed);
    }
    static bool stops(std::function<void()> const& entry) {
        try {
            entry();
        } catch (fake::Idle const&) {
        } catch (fake::User const&) {
        } catch (fake::Stopped const&) {
            return true;
        }
        return false;
    }

    // What a processor does next: what came, else what its thread does, else nothing.
    void live(threads::Kernel_threads& machine, uint32_t number) {
        bool const timer = machine.timer_due(fake::own().programmed);
        if (timer)
            fake::own().programmed = never;
        if (machine.take_kick() || timer)
            return enter_at_once([&] { take_event(timer); });
        Thread* const thread = current_on(number);
        if (!thread)
            return machine.rest(fake::own().programmed);
        Actor& actor = *_actor_of.at(thread);
        actor.step(actor, answer_of(*thread));
        actor.first = false;
        if (actor.rounds == _wanted && !std::exchange(actor.arrived, true))
            _arrived.fetch_add(1, std::memory_order_relaxed);
        enter_at_once(system_call_from_user);
    }

    uint64_t _wanted{0};
    std::atomic<uint64_t> _arrived{0}; // how many have come so far
    std::vector<std::unique_ptr<Actor>> _actors;
    std::map<Thread const*, Actor*> _actor_of;
    std::map<Error, unsigned> _answers; // to the changer
};

} // namespace kernel
