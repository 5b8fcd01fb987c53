// SPDX-License-Identifier: MIT
// System calls at random, drawn from the table of all calls as the guest's conformance suite draws
// them: a call that is new in the table is tried here without further ado. random_test.cpp knows
// the calls and goes deeper; this one forgets none. Nothing is expected of the answers but that a
// call that fails changes nothing.
#include "fakes/machine.hpp"
#include "kernel_test.hpp"
#include <fstream>
#include <fuzz/generator.hpp>
#include <kernel/interrupt.hpp>
#include <kernel/memory.hpp>
#include <kernel/policy_places.hpp>
#include <kernel/system.hpp>
#include <map>

namespace kernel {
namespace {

using namespace abi;
using fuzz::Drawn_call;
using fuzz::World;
using lavandin::system_call_shapes;

class Caller_at_random : public Kernel_test {
protected:
    static constexpr uint64_t seed_distance = 1000; // to the seeds of other generators

    // So that quotas run out now and then.
    static constexpr uint64_t kept_away = root_bytes - 900 * 1024;

    explicit Caller_at_random(uint64_t seed) : _seed{seed}, _random{seed} {
        world(); // of the root, whose own slot it learns
        if (seed % 2)
            give_machine();
        EXPECT_TRUE(root_quota().charge(kept_away).ok());
    }

    // All that may refer to System ends before it does.
    ~Caller_at_random() override {
        root_quota().refund(kept_away);
        if (_system)
            _system->unbind_log();
        for (uint64_t place = 0; place < policy_places; ++place)
            exclusively([&] { EXPECT_EQ(policies::install(place, {}, 0).error(), Error::none); });
        end_processes();
        EXPECT_TRUE(!_system || _system->references() == 1);
    }

    void give_machine() {
        Ref<Quota> const quota{root_quota()};
        Boot boot{};
        boot.total_frames = 4096;
        _system = std::make_unique<System>(quota, boot);
        _system->acquire();
        hold(*_system, system_permission::all);
        hold(*kernel::make<Interrupt>(quota, arch::Line{9}).value(), interrupt_permission::all);
        hold(*load_module(quota), policy_permission::all);
    }

    static Ref<Policy> load_module(Ref<Quota> const& quota) {
        std::ifstream file{POLICIES "/share", std::ios::binary};
        EXPECT_TRUE(file);
        std::string const bytes{std::istreambuf_iterator<char>{file}, {}};
        auto const memory = kernel::make<Memory>(quota).value();
        EXPECT_TRUE(memory->fill(pages(bytes.size())).ok());
        for (uint64_t at = 0; at < bytes.size(); at += page_size)
            bytes.copy(fake::machine().contents(memory->frame(at / page_size)), page_size, at);
        auto policy = kernel::make<Policy>(quota).value();
        EXPECT_TRUE(policy->load(*memory, 0, bytes.size()).ok());
        return policy;
    }

    void hold(Object& object, Permissions permissions) {
        auto const slot = root_process().table().add({Ref<Object>{object}, permissions, 0}).value();
        world().learn(slot, object.type(), World::Worth::slot);
    }

    struct Mind {
        World world;
        fuzz::Generator generator;
        Mind(uint64_t seed, Process& process) : generator{seed, world} {
            generator.exclude(Call::system_shutdown);
            world.learn(self_process, Object_type::process, World::Worth::slot);
            uint64_t const region = process.space().begin() / region_bytes * region_bytes;
            world.free_pages = region + 0x400000;
            world.used_pages = region + buffer_address;
            world.code = region + 0x10000;
        }
    };

    // What a process believes.
    Mind& mind_of(Process& process) {
        auto& found = _minds[process.identifier()];
        if (!found)
            found = std::make_unique<Mind>(_seed * seed_distance + _minds.size(), process);
        return *found;
    }
    World& world() { return mind_of(root_process()).world; }

    static Object_type type_in(Process& process, Slot slot) {
        auto const found = process.table().find(slot);
        return found.ok() ? found.value().object->type() : Object_type::none;
    }

    // The root stays, so that there is always somebody to make others.
    bool ends_root(Drawn_call const& drawn) {
        if (!drawn.shape() || !drawn.shape()->destructive)
            return false;
        if (drawn.words[0] == 0 && current() == &root())
            return true;
        auto const found = current()->process().table().find(static_cast<Slot>(drawn.words[0]));
        Object const* const object = found.ok() ? found.value().object.get() : nullptr;
        return object == &root_process() || object == &root();
    }

    void watch_new(Process& maker, Answer const& answer) {
        for (uint64_t const word : answer.words) {
            auto const made = maker.table().find<Process>(static_cast<Slot>(word), 0);
            if (!made.ok())
                continue;
            bool known = made.value().get() == &root_process();
            for (auto const& process : watched())
                known |= process.get() == made.value().get();
            if (!known)
                watch(made.value());
        }
    }

    void judge(Drawn_call const& drawn, Answer const& answer, Usage const& before) {
        auto const* const shape = drawn.shape();
        if (!shape) {
            EXPECT_EQ(answer.error, Error::no_such_system_call);
        }
        if (shape && (shape->may_block || answer.error == Error::none))
            return;
        // It tells the log what is wrong with the module, and the log's reader is woken.
        if (shape && shape->call == Call::policy_load && answer.error == Error::invalid_argument)
            return;
        Usage now = usage();
        // Pages that a region shares with a copy may have got frames of their own, uncharged.
        bool const owns =
            shape && (shape->call == Call::grant_create || shape->call == Call::grant_read);
        if (owns && now.frames < before.frames)
            now.frames = before.frames;
        EXPECT_EQ(now, before) << (shape ? shape->name : "no call") << " failed by "
                               << static_cast<int>(answer.error);
    }

    // Chance alone makes few groups whose members have threads: the root adds to one.
    void add_member() {
        if (current() != &root())
            return;
        if (type_in(root_process(), _group) != Object_type::group)
            _group = call(Call::group_create).slot();
        Answer const made = call(Call::process_create, {48 * 1024, 0, 0, 0, 0, _group});
        if (made.error != Error::none)
            return;
        watch_new(root_process(), made);
        world().learn(made.slot(), Object_type::process);
        auto const member = root_process().table().find<Process>(made.slot(), 0).value();
        uint64_t const place = member->space().begin() + 0x10000;
        call(Call::thread_create,
             {made.slot(), place, place, 0, root().base_priority(), member->space().begin()});
    }

    // A thread in a group may say that it is anywhere.
    void claim_visits(Thread& thread) {
        auto& calls = thread.buffer().group_calls;
        calls.depth = 0;
        if (!thread.home().group() || !thread.home().group()->shared() || !_random.one_in(3))
            return;
        calls.depth = _random.one_in(20) ? _random.next() : _random.below(4);
        for (Group_level& level : calls.levels) {
            auto const& other = watched()[_random.below(watched().size())];
            uint64_t const identity = _random.one_in(20) ? _random.next() : other->identity().raw();
            uint64_t const region = other->space().begin() + _random.below(3) * page_size;
            level = {identity, region, _random.one_in(20) ? _random.next() : region};
        }
        visits += calls.depth != 0;
    }

    void step() {
        if (idle())
            return wake_root();
        if (_random.one_in(10))
            advance(_random.below(2'000'000));
        if (idle())
            return;
        if (_random.one_in(100))
            add_member();
        learn_late();
        Ref<Thread> const caller{*current()};
        claim_visits(*caller);
        caller->enter();
        Ref<Process> const process{caller->process()};
        Mind& own = mind_of(*process);
        Drawn_call const drawn = own.generator.next(fake::platform().now);
        if (ends_root(drawn))
            return;
        own.generator.fill(caller->buffer());
        fake::platform().maps_until_failure = _random.one_in(8) ? 1 + _random.below(2) : 0;
        Usage const before = usage();
        auto const& words = drawn.words;
        Answer const answer =
            call(drawn.number, {words[0], words[1], words[2], words[3], words[4], words[5]});
        bool const over = !caller->work.any(); // else it was preempted in the middle
        if (over && (caller->wait == Wait::none || caller->wait == Wait::ready)) {
            judge(drawn, answer, before);
            learn(drawn, answer, *process);
        } else if (!caller->ended()) {
            _waiting[caller.get()] = drawn;
        }
    }

    void learn(Drawn_call const& drawn, Answer const& answer, Process& process) {
        ++(answer.error == Error::none ? succeeded : failed)[drawn.index];
        watch_new(process, answer);
        mind_of(process).generator.learn(drawn, answer.error, answer.words,
                                         [&](Slot slot) { return type_in(process, slot); });
    }

    // The current thread may have waited for an answer.
    void learn_late() {
        auto const waited = _waiting.extract(current());
        if (!waited.empty())
            learn(waited.mapped(), answer_of(*current()), current()->process());
    }

    // A root that waits for ever would end the test early.
    void wake_root() {
        advance(5000);
        if (!idle() || root().wait == Wait::ready)
            return;
        root().cancel(Error::none);
        make_ready(root());
        reschedule();
    }

    void steps(unsigned count) {
        for (unsigned i = 0; i < count && !HasFailure(); ++i) {
            step();
            ASSERT_FALSE(root().ended());
            ASSERT_LE(root_quota().used(), root_quota().limit());
        }
    }

    System& system() { return *_system; }

    std::array<unsigned, fuzz::calls + 1> succeeded{};
    std::array<unsigned, fuzz::calls + 1> failed{};
    unsigned visits{0}; // that threads claimed

private:
    uint64_t const _seed;
    Slot _group{0}; // of the root
    std::map<uint64_t, std::unique_ptr<Mind>> _minds;
    std::map<Thread*, Drawn_call> _waiting; // threads, by what they have called
    std::unique_ptr<System> _system;
    fuzz::Random _random;
};

class Table_random : public Caller_at_random, public testing::WithParamInterface<unsigned> {
protected:
    Table_random() : Caller_at_random{GetParam()} {}
};

TEST_P(Table_random, system_calls_break_nothing) { steps(6000); }

INSTANTIATE_TEST_SUITE_P(Seeds, Table_random, testing::Range(0u, 40u));

class Table_random_strength : public Caller_at_random {
protected:
    static constexpr uint64_t seed_with_machine = 10'001;
    Table_random_strength() : Caller_at_random{seed_with_machine} {}

    // What the root was given at first may be gone.
    void steps_with_machine() {
        auto const slot =
            root_process().table().add({Ref<Object>{system()}, system_permission::all, 0});
        if (slot.ok())
            world().learn(slot.value(), Object_type::system, World::Worth::slot);
        steps(100'000);
    }

    // Calls that have never succeeded, or never failed, though they should have.
    std::string missing() const {
        std::string names;
        for (size_t i = 0; i < fuzz::calls; ++i) {
            auto const& shape = system_call_shapes[i];
            if (shape.call == Call::system_shutdown)
                continue; // would end the test
            // Two places, a size and a reference that all fit are drawn too seldom; no memory that
            // is drawn holds a module.
            bool const seldom = shape.call == Call::grant_read || shape.call == Call::grant_write ||
                                shape.call == Call::policy_load;
            if (succeeded[i] == 0 && !seldom)
                names += std::string{shape.name} + " never succeeded; ";
            if (failed[i] == 0 && shape.may_fail)
                names += std::string{shape.name} + " never failed; ";
        }
        return names;
    }
};

// Else the generator is too weak.
TEST_F(Table_random_strength, every_call_succeeds_and_fails) {
    constexpr unsigned most = 8;
    for (unsigned round = 0; round < most && !missing().empty() && !HasFailure(); ++round)
        steps_with_machine();
    EXPECT_EQ(missing(), "");
    EXPECT_EQ(succeeded[fuzz::calls], 0u);
    EXPECT_GT(visits, 10u);
}

} // namespace
} // namespace kernel
