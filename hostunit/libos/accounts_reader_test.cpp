// SPDX-License-Identifier: MIT
// Readers of accounts against writers that may do anything between any two of their steps: be seen
// between two of their own, write several times, be interrupted for long in the middle.
#include <lavandin/accounts_reader.hpp>

#include <functional>
#include <gtest/gtest.h>
#include <vector>

namespace lavandin {
namespace {

using abi::Processor_counts;
using abi::Run_state;
using abi::Thread_account;

// One step of a writer: a word and what it becomes.
struct Step {
    uint64_t* word;
    uint64_t value;
};

class World {
public:
    uint64_t load(uint64_t const& from) {
        between(++steps);
        return from;
    }
    void pause(unsigned) { between(++steps); }

    unsigned steps{0};
    std::function<void(unsigned step)> between{[](unsigned) {}};
};

// Version n of a record: every word but the first is n.
template <typename Record>
std::vector<Step> writing(Record& record, uint64_t sequence, uint64_t version) {
    auto* const words = reinterpret_cast<uint64_t*>(&record);
    std::vector<Step> steps{{words, sequence + 1}};
    for (unsigned i = 1; i < sizeof(Record) / sizeof(uint64_t); ++i)
        steps.push_back({words + i, version});
    steps.push_back({words, sequence + 2});
    return steps;
}

template <typename Record>
void expect_whole(Record const& record, uint64_t oldest, uint64_t newest, char const* what) {
    auto const* const words = reinterpret_cast<uint64_t const*>(&record);
    EXPECT_GE(words[1], oldest) << what;
    EXPECT_LE(words[1], newest) << what;
    for (unsigned i = 2; i < sizeof(Record) / sizeof(uint64_t); ++i)
        ASSERT_EQ(words[i], words[1]) << what << ": word " << i << " is of another moment";
}

template <typename Record>
class Accounts_record : public testing::Test {};
using Records = testing::Types<Processor_counts, Thread_account, abi::Process_counts>;
TYPED_TEST_SUITE(Accounts_record, Records);

template <typename Record>
unsigned steps_of_one_reading() {
    World world;
    Record const record{};
    Accounts_reader{world}.read(record);
    return world.steps;
}

// The writer makes one step at each of the reader's from step `begin` on.
TYPED_TEST(Accounts_record, WriterKeepsPace) {
    unsigned const steps = 2 * steps_of_one_reading<TypeParam>();
    for (unsigned begin = 1; begin <= steps; ++begin) {
        World world;
        TypeParam record{};
        auto const script = writing(record, 0, 1);
        size_t next = 0;
        world.between = [&](unsigned step) {
            if (step >= begin && next < script.size())
                *script[next].word = script[next].value, ++next;
        };
        expect_whole(Accounts_reader{world}.read(record), 0, 1, "a slow writer");
    }
}

// The writer stands still after `part` of its steps, from the reader's step `begin` to `end`.
TYPED_TEST(Accounts_record, WriterIsInterruptedAnywhere) {
    unsigned const steps = steps_of_one_reading<TypeParam>();
    TypeParam record{};
    size_t const parts = writing(record, 0, 1).size();
    for (size_t part = 0; part <= parts; ++part)
        for (unsigned begin = 1; begin <= steps; ++begin)
            for (unsigned end : {begin, begin + 1, begin + 2, begin + steps / 2, begin + steps}) {
                World world;
                record = {};
                auto const script = writing(record, 0, 1);
                world.between = [&](unsigned step) {
                    for (size_t i = 0; step == begin && i < part; ++i)
                        *script[i].word = script[i].value;
                    for (size_t i = part; step == end && i < parts; ++i)
                        *script[i].word = script[i].value;
                };
                expect_whole(Accounts_reader{world}.read(record), 0, 1, "an interrupted writer");
            }
}

TYPED_TEST(Accounts_record, WritesThatComeWholeAtAnyTwoSteps) {
    unsigned const steps = 2 * steps_of_one_reading<TypeParam>();
    for (unsigned a = 1; a <= steps; ++a)
        for (unsigned b = a; b <= steps; ++b) {
            World world;
            TypeParam record{};
            world.between = [&](unsigned step) {
                if (step == a)
                    for (Step const& each : writing(record, 0, 1))
                        *each.word = each.value;
                if (step == b)
                    for (Step const& each : writing(record, 2, 2))
                        *each.word = each.value;
            };
            expect_whole(Accounts_reader{world}.read(record), 0, 2, "two writes");
        }
}

// As Xen writes: the mark, the rest with the mark, then the moment without it
// (update_runstate_area in xen/arch/x86/domain.c).
std::vector<std::function<void(Run_state&)>> platform_writes(uint64_t version) {
    std::vector<std::function<void(Run_state&)>> steps;
    steps.emplace_back([](Run_state& r) { r.since |= Run_state::writing; });
    steps.emplace_back([=](Run_state& r) { r.state = static_cast<uint32_t>(version % 4); });
    steps.emplace_back([=](Run_state& r) { r.since = (1000 * version) | Run_state::writing; });
    for (unsigned i = 0; i < Run_state::kinds; ++i)
        steps.emplace_back([=](Run_state& r) { r.time[i] = version; });
    steps.emplace_back([=](Run_state& r) { r.since = 1000 * version; });
    return steps;
}

void expect_of_one_moment(Run_state const& state) {
    uint64_t const version = state.since / 1000;
    EXPECT_EQ(state.since, 1000 * version);
    EXPECT_EQ(state.state, version % 4);
    for (uint64_t const time : state.time)
        EXPECT_EQ(time, version);
}

void write_all(Run_state& record, uint64_t version) {
    for (auto const& step : platform_writes(version))
        step(record);
}

TEST(Run_state_record, PlatformIsInterruptedAnywhere) {
    auto const script = platform_writes(2);
    for (unsigned begin = 1; begin <= 20; ++begin)
        for (unsigned end = begin; end <= begin + 20; ++end)
            for (size_t part = 0; part <= script.size(); ++part) {
                World world;
                Run_state record{};
                write_all(record, 1);
                world.between = [&](unsigned step) {
                    for (size_t i = 0; step == begin && i < part; ++i)
                        script[i](record);
                    for (size_t i = part; step == end && i < script.size(); ++i)
                        script[i](record);
                };
                expect_of_one_moment(Accounts_reader{world}.read(record));
            }
}

TEST(Run_state_record, PlatformKeepsPace) {
    for (unsigned begin = 1; begin <= 20; ++begin) {
        World world;
        Run_state record{};
        write_all(record, 1);
        auto script = platform_writes(2);
        for (auto const& step : platform_writes(3))
            script.push_back(step);
        world.between = [&](unsigned step) {
            if (step >= begin && step - begin < script.size())
                script[step - begin](record);
        };
        expect_of_one_moment(Accounts_reader{world}.read(record));
    }
}

// Interrupted before the clock tells the time, or whenever it does.
TEST(Accounts_moment, IsOneAtWhichTheRecordsStoodSo) {
    for (uint64_t const interrupted : {0U, 1U, 3U}) {
        World world;
        Processor_counts counts{};
        Run_state platform{};
        write_all(platform, 1);
        uint64_t times = 0;
        auto const clock = [&] {
            if (times < interrupted && times % 2 == 0)
                write_all(platform, 2 + times);
            else if (times < interrupted)
                for (Step const& each : writing(counts, counts.sequence, times))
                    *each.word = each.value;
            return ++times;
        };
        auto const [moment, records] = Accounts_reader{world}.read_at(clock, counts, platform);
        EXPECT_EQ(moment, interrupted + 1);
        EXPECT_EQ(std::get<0>(records).sequence, counts.sequence);
        EXPECT_EQ(std::get<1>(records).since, platform.since);
    }
}

TEST(Accounts_moment, IsTakenAsItComesWhenTheyAreWrittenAllTheTime) {
    World world;
    Run_state platform{};
    uint64_t times = 0;
    auto const clock = [&] {
        write_all(platform, ++times);
        return times;
    };
    Accounts_reader reader{world};
    EXPECT_EQ(reader.read_at(clock, platform).first, reader.most_looks);
}

TEST(Accounts_at, AddsWhatIsHappening) {
    Run_state state{};
    state.state = 1, state.since = 100, state.time[1] = 7;
    EXPECT_EQ(at(state, 150).time[1], 57u);
    EXPECT_EQ(at(state, 90).time[1], 7u) << "a clock that is behind takes nothing away";
    Processor_counts counts{};
    counts.activity = 2, counts.updated = 10;
    EXPECT_EQ(at(counts, 30).time[2], 20u);
    Thread_account account{};
    account.phase = 3, account.since = 10;
    EXPECT_EQ(at(account, 11).time[3], 1u);
    state.state = 17;
    EXPECT_EQ(at(state, 150).time[1], 7u) << "a state that nobody knows";
}

} // namespace
} // namespace lavandin
