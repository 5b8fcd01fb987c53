// SPDX-License-Identifier: MIT
// System calls at random, by several threads of several processes, with arguments that are often
// good, sometimes nearly good and sometimes nonsense. Nothing is expected of the answers: the
// sanitizers, the fakes and the fixture's last look find what must never happen.
#include "inheritance_oracle.hpp"
#include "kernel_test.hpp"
#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

namespace kernel {
namespace {

using namespace abi;

class Random : public Kernel_test, public testing::WithParamInterface<unsigned> {
protected:
    static constexpr unsigned steps = 4000;

    uint64_t below(uint64_t limit) { return _random() % limit; }
    bool one_in(uint64_t n) { return below(n) == 0; }

    template <size_t count>
    uint64_t any_of(uint64_t const (&values)[count]) {
        return values[below(count)];
    }

    // A slot of the current process, mostly one that holds something.
    uint64_t slot() { return one_in(20) ? _random() : below(24); }
    uint64_t slot_of(Object_type type) {
        if (one_in(8))
            return slot();
        auto& table = current()->process().table();
        for (unsigned tries = 0; tries < 12; ++tries) {
            auto const index = static_cast<Slot>(1 + below(40));
            auto const found = table.find(index);
            if (found.ok() && found.value().object->type() == type)
                return index;
        }
        return 0;
    }

    uint64_t address() {
        uint64_t const places[]{0x400000, 0x3fffe000, 0x7ffffff000, 0x10000, user_end - page_size};
        uint64_t const region = current()->home().space().begin() / region_bytes * region_bytes;
        uint64_t const near = region + any_of(places) + below(8) * page_size;
        return one_in(20) ? _random() : near;
    }
    uint64_t region() { return one_in(2) ? 0 : (1 + below(4)) * region_bytes; }
    uint64_t size() { return one_in(10) ? _random() : (1 + below(40)) * page_size; }
    uint64_t deadline() {
        uint64_t const choices[]{at_once, forever, fake::platform().now + below(5000)};
        return any_of(choices);
    }
    uint64_t message_tag() {
        if (one_in(10))
            return _random();
        Message_tag const tag{1, below(10), below(4)};
        return (one_in(3) ? tag.with_deadline() : tag).raw();
    }

    void scribble(Message_buffer& buffer) {
        buffer.accepted_transfers = below(5);
        buffer.deadline = deadline();
        for (Transfer& transfer : buffer.sent)
            transfer = {static_cast<uint32_t>(slot()), one_in(3) ? 1u : 0xffffu,
                        one_in(3) ? below(9) : 0};
    }

    // For calls that answer at once: one that fails changes nothing.
    Answer attempt(Call number, std::initializer_list<uint64_t> arguments = {}) {
        Usage const before = usage();
        Answer const answer = call(number, arguments);
        if (answer.error != Error::none) {
            EXPECT_EQ(usage(), before) << "call " << static_cast<int>(number) << " failed by "
                                       << static_cast<int>(answer.error);
        }
        return answer;
    }

    void objects() {
        switch (below(9)) {
        case 0:
            attempt(Call::endpoint_create);
            break;
        case 1:
            attempt(Call::reply_create);
            break;
        case 2:
            attempt(Call::notification_create);
            break;
        case 3:
            if (one_in(2))
                attempt(Call::memory_create, {size()});
            else
                attempt(Call::memory_create_for, {slot_of(Object_type::process), size()});
            break;
        case 4:
        case 5:
            call(Call::capability_delete, {slot()});
            break;
        case 6:
            attempt(Call::capability_information, {slot()});
            break;
        case 7:
            call(Call::capability_revoke, {one_in(4) ? slot_of(Object_type::process) : slot()});
            break;
        default:
            attempt(Call::capability_copy,
                    {slot_of(Object_type::process), slot(), _random(), one_in(3) ? below(5) : 0});
        }
    }

    void messages() {
        uint64_t const endpoint = slot_of(Object_type::endpoint);
        uint64_t const reply = slot_of(Object_type::reply);
        scribble(current()->buffer());
        switch (below(8)) {
        case 0:
        case 1:
            call(Call::endpoint_call, {endpoint, message_tag(), 1, 2, 3, 4});
            break;
        case 2:
        case 3:
            call(Call::endpoint_receive, {endpoint, reply, deadline()});
            break;
        case 4:
            call(Call::endpoint_reply, {reply, message_tag(), 1, 2, 3, 4});
            break;
        case 5:
            call(Call::endpoint_reply_receive, {endpoint | reply << 32, message_tag(), 1, 2, 3, 4});
            break;
        case 6:
            call(Call::endpoint_bind, {endpoint, slot_of(Object_type::notification)});
            break;
        default:
            notifications();
        }
    }

    void notifications() {
        uint64_t const notification = slot_of(Object_type::notification);
        if (one_in(2))
            call(Call::notification_signal, {notification});
        else
            call(Call::notification_wait, {notification, deadline()});
    }

    void memory() {
        uint64_t const process = one_in(2) ? self_process : slot_of(Object_type::process);
        if (one_in(3))
            attempt(Call::memory_unmap, {process, address(), size()});
        else
            attempt(Call::memory_map, {process, slot_of(Object_type::memory), address(),
                                       below(4) * page_size, size(), below(8)});
    }

    void answer_for_faults() {
        call(Call::process_set_fault_endpoint,
             {slot_of(Object_type::process), slot_of(Object_type::endpoint)});
    }

    void create_thread() {
        auto& table = current()->process().table();
        Answer const made = attempt(Call::thread_create, {slot_of(Object_type::process),
                                                          region() + 0x10000, region() + 0x20000, 0,
                                                          below(default_priority + 2), address()});
        if (made.error == Error::none)
            _threads.push_back(table.find<Thread>(made.slot(), 0).value());
    }

    void threads() {
        switch (below(6)) {
        case 0:
            create_thread();
            break;
        case 1:
            if (uint64_t const victim = slot_of(Object_type::thread); !names_root(victim))
                call(Call::thread_destroy, {victim});
            break;
        case 2:
            call(Call::thread_set_priority,
                 {one_in(2) ? 0 : slot_of(Object_type::thread), 1 + below(default_priority)});
            break;
        case 3:
            call(Call::thread_sleep, {deadline()});
            break;
        case 4:
            answer_for_faults();
            break;
        default:
            call(Call::thread_yield);
        }
    }

    void processes() {
        if (one_in(3)) {
            Answer const made =
                attempt(Call::process_create,
                        {16 * 1024 + below(200'000), below(2), 97, 0,
                         slot_of(Object_type::notification), one_in(2) ? 0 : group()});
            if (made.error == Error::none && current())
                keep(made.slot());
        } else if (one_in(4)) {
            uint64_t const victim = slot_of(Object_type::process);
            if (!names_root(victim))
                call(Call::process_destroy, {victim, 1});
        } else {
            call(Call::process_information, {slot_of(Object_type::process)});
        }
    }

    uint64_t group() {
        if (uint64_t const found = slot_of(Object_type::group))
            return found;
        attempt(Call::group_create);
        return slot_of(Object_type::group);
    }

    // A gate, or somebody who writes nonsense.
    void visit() {
        auto& calls = current()->buffer().group_calls;
        calls.depth = one_in(20) ? _random() : below(5);
        for (Group_level& level : calls.levels) {
            Process& member = one_in(2) || watched().empty() ? current()->home()
                                                             : *watched()[below(watched().size())];
            level = {member.identity().raw(), member.space().begin() + 0x10000 + below(3),
                     one_in(9) ? _random() : member.space().begin() + 0x20000};
        }
    }

    void fault() {
        if (&current()->home() != &root_process())
            enter([] { thread_faulted({14, 4, 0x123, "page fault"}); });
    }

    // The root stays, so that there is always somebody to make others.
    bool names_root(uint64_t slot) {
        auto const found = current()->process().table().find(static_cast<Slot>(slot));
        Object const* const object = found.ok() ? found.value().object.get() : nullptr;
        return object == &root_process() || object == &root() ||
               (slot == 0 && current() == &root());
    }

    // Processes end with the test, though they may hold themselves.
    void keep(Slot slot) {
        auto const made = current()->process().table().find<Process>(slot, 0);
        if (made.ok())
            watch(made.value());
    }

    // A lone root thread that sleeps for ever would end the test early.
    void wake_somebody() {
        advance(5000);
        if (!idle() || root().ended() || root().wait == Wait::ready || root().wait == Wait::none)
            return;
        exclusively([this] {
            root().cancel(Error::none);
            make_ready(root());
        });
    }

    void step() {
        if (idle())
            return wake_somebody();
        fake::platform().maps_until_failure = one_in(40) ? 1 + below(3) : 0;
        if (one_in(10))
            visit();
        switch (below(21)) {
        case 20:
            return one_in(4) ? fault() : processes();
        case 0:
            return processes();
        case 1:
        case 2:
        case 3:
            return threads();
        case 4:
        case 5:
        case 6:
            return memory();
        case 7:
        case 8:
        case 9:
        case 10:
        case 11:
            return objects();
        case 12:
            return advance(below(20'000'000));
        default:
            return messages();
        }
    }

    void check_invariants() {
        for (auto const& process : watched())
            ASSERT_LE(process->quota().used(), process->quota().limit());
        ASSERT_LE(root_quota().used(), root_quota().limit());
        expect_priorities(_threads);
        if (Thread* const thread = current()) {
            ASSERT_FALSE(thread->ended());
            ASSERT_EQ(thread->wait, Wait::none);
            ASSERT_EQ(fake::own().loaded, thread);
        }
    }

protected:
    // Another processor goes on; those that were kicked notice sooner or later. What a thread has
    // in the FPU goes with it wherever it runs.
    void step_somewhere() {
        on(busy_processor());
        if (one_in(3))
            for (uint32_t number = 0; number < processor_count(); ++number)
                if ((kicked() & set_of(number)) && one_in(2))
                    take_kick(number);
        if (one_in(20))
            choose_processors();
        on(busy_processor());
        if (Thread* const thread = current(); thread && thread->fpu_state()) {
            EXPECT_EQ(fake::own().fpu, _fpu[thread->identifier()]);
            _fpu[thread->identifier()] = fake::own().fpu = _random();
        }
        if (!idle() || kicked() == 0)
            step();
    }

    // Any one, if there is none.
    uint32_t busy_processor() {
        auto const first = static_cast<uint32_t>(below(processor_count()));
        for (uint32_t i = 0; i < processor_count(); ++i)
            if (uint32_t const number = (first + i) % processor_count(); current_on(number))
                return number;
        return first;
    }

    void choose_processors() {
        if (!current())
            return;
        uint64_t const sets[]{all_processors, 1, 2, 3, 0xf, 0xe, _random()};
        call(Call::thread_set_affinity,
             {one_in(2) ? 0 : slot_of(Object_type::thread), any_of(sets)});
    }

    void check_processors() {
        for (uint32_t number = 0; number < processor_count(); ++number) {
            Thread* const thread = current_on(number);
            if (!thread)
                continue;
            ASSERT_EQ(thread->processor, &processor(number));
            ASSERT_TRUE(thread->affinity & set_of(number) || (kicked() & set_of(number)));
            ASSERT_EQ(fake::platform().each[number].loaded, thread);
            ASSERT_FALSE(thread->loaded_elsewhere(number));
            for (uint32_t other = 0; other < number; ++other)
                ASSERT_NE(current_on(other), thread);
        }
        if (kicked())
            return;
        // Once all have noticed, nobody waits who could run on a processor with nothing to do.
        for (auto const& thread : _threads)
            ASSERT_FALSE(thread->wait == Wait::ready &&
                         (thread->affinity & processors().idle()) != 0)
                << "thread " << thread->identifier() << " of priority " << thread->priority()
                << " waits for processor " << thread->processor->number() << ", idle are "
                << processors().idle() << ", it may use " << thread->affinity;
    }

    uint64_t draw(uint64_t limit) { return below(limit); }
    void check_all() {
        check_invariants();
        check_processors();
    }
    void all_notice() { take_kicks(); }

private:
    std::map<uint64_t, uint64_t> _fpu; // by thread
    std::mt19937_64 _random{GetParam()};
    std::vector<Ref<Thread>> _threads{Ref<Thread>{root()}};
};

TEST_P(Random, system_calls_break_nothing) {
    for (unsigned i = 0; i < steps && !HasFailure(); ++i) {
        step();
        check_invariants();
        ASSERT_FALSE(root().ended());
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Random, testing::Range(0u, 60u));

class Random_processors : public Random {
protected:
    Random_processors() { start_processors(2 + GetParam() % 3); }
};

TEST_P(Random_processors, system_calls_break_nothing) {
    for (unsigned i = 0; i < steps && !HasFailure(); ++i) {
        step_somewhere();
        if (draw(10) == 0)
            all_notice();
        check_all();
        ASSERT_FALSE(root().ended());
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Random_processors, testing::Range(100u, 160u));

} // namespace
} // namespace kernel
