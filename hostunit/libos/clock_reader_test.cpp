// SPDX-License-Identifier: MIT
// The clock page's reader against a machine in which anything may happen between two of its steps:
// the thread moves to another processor (and back), the platform writes the record anew in several
// steps, the kernel changes the page. Physical processors count from very different values, so that
// a time put together of two records is far off.
#include <lavandin/clock_reader.hpp>

#include <functional>
#include <gtest/gtest.h>
#include <vector>

namespace lavandin {
namespace {

using abi::Clock_page;
using abi::Clock_record;
using abi::Placement;

constexpr unsigned processors = 4;
constexpr uint64_t nanoseconds_per_step = 10;

// Counts as fast as its number says: 1, 2, 4, 8 ticks a nanosecond.
struct Physical {
    uint64_t base;
    unsigned rate_shift;

    uint64_t counter(uint64_t time) const { return base + (time << rate_shift); }
};

constexpr Physical physical[]{
    {1'000'000, 0}, {uint64_t{1} << 60, 1}, {5, 2}, {uint64_t{1} << 40, 3}};

class World {
public:
    World() {
        for (unsigned i = 0; i < processors; ++i)
            write_whole(i, i);
        page.origin = 500;
        page.wall_offset = 7'000;
        page.version = 2;
    }

    template <typename T>
    T load(T const& from) {
        step();
        return from;
    }
    uint64_t counter() {
        step();
        unsigned const virtual_one = static_cast<unsigned>(Placement{placement}.processor());
        return physical[runs_on[virtual_one]].counter(time);
    }

    // What the platform does when a virtual processor comes to run on a physical one.
    void write_begin(unsigned virtual_one) { page.records[virtual_one].version |= 1; }
    void write_half(unsigned virtual_one, unsigned on) {
        page.records[virtual_one].counter = physical[on].counter(time);
    }
    void write_rest(unsigned virtual_one, unsigned on) {
        Clock_record& record = page.records[virtual_one];
        record.counter = physical[on].counter(time);
        record.time = time;
        record.multiplier = 0x8000'0000; // with shift: 1 / rate
        record.shift = static_cast<int8_t>(1 - static_cast<int>(physical[on].rate_shift));
        record.version = (record.version | 1) + 1;
        runs_on[virtual_one] = on;
    }
    void write_whole(unsigned virtual_one, unsigned on) {
        write_begin(virtual_one);
        write_rest(virtual_one, on);
    }
    void move_to(unsigned virtual_one) {
        placement = Placement{placement}.moved_to(virtual_one).raw();
    }

    uint64_t now() const { return time - page.origin; }

    Clock_page page{};
    uint64_t placement{0};
    unsigned runs_on[processors]{};
    uint64_t time{10'000};
    unsigned steps{0};
    std::function<void(unsigned step)> between{[](unsigned) {}};

private:
    void step() {
        ++steps;
        between(steps);
        time += nanoseconds_per_step;
    }
};

// Reads once; the answer is a time at which the reader was under way.
void expect_right(World& world, char const* what, unsigned at) {
    uint64_t const begin = world.now();
    Clock_reading reading{};
    Clock_reader reader{world.page, world.placement, world};
    ASSERT_TRUE(reader.read(reading));
    EXPECT_GE(reading.now, begin) << what << " before step " << at;
    EXPECT_LE(reading.now, world.now()) << what << " before step " << at;
}

unsigned steps_of_one_reading() {
    World world;
    expect_right(world, "nothing", 0);
    return world.steps;
}

struct Disturbance {
    char const* name;
    std::function<void(World&)> happens;
};

std::vector<Disturbance> disturbances() {
    return {
        {"a move", [](World& w) { w.move_to(1); }},
        {"a move there and back", [](World& w) { w.move_to(2), w.move_to(0); }},
        {"another physical processor", [](World& w) { w.write_whole(0, 3); }},
        {"another physical one, and back",
         [](World& w) { w.write_whole(0, 3), w.write_whole(0, 0); }},
        {"a move to where the record is new", [](World& w) { w.write_whole(1, 2), w.move_to(1); }},
        {"a move, and a new record where it was",
         [](World& w) { w.move_to(3), w.write_whole(0, 2); }},
        {"a new record of another processor", [](World& w) { w.write_whole(2, 1); }},
    };
}

TEST(Clock_reader, ReadsTheTime) {
    World world;
    for (unsigned i = 0; i < 100; ++i)
        expect_right(world, "nothing", i);
    Clock_reading reading{};
    Clock_reader reader{world.page, world.placement, world};
    EXPECT_TRUE(reader.read(reading));
    EXPECT_EQ(reading.wall_offset, 7'000u);
}

TEST(Clock_reader, OneDisturbanceAtEachStep) {
    unsigned const steps = steps_of_one_reading();
    ASSERT_GE(steps, 12u);
    for (auto const& disturbance : disturbances())
        for (unsigned at = 1; at <= steps; ++at) {
            World world;
            world.between = [&](unsigned step) {
                if (step == at)
                    disturbance.happens(world);
            };
            expect_right(world, disturbance.name, at);
        }
}

TEST(Clock_reader, TwoDisturbancesAtAnyTwoSteps) {
    unsigned const steps = 2 * steps_of_one_reading();
    for (auto const& first : disturbances())
        for (auto const& second : disturbances())
            for (unsigned a = 1; a <= steps; ++a)
                for (unsigned b = a; b <= steps; ++b) {
                    World world;
                    world.between = [&](unsigned step) {
                        if (step == a)
                            first.happens(world);
                        if (step == b)
                            second.happens(world);
                    };
                    expect_right(world, second.name, b);
                }
}

// The platform is seen between its writes, for any stretch of the reader's steps: as when the
// thread is elsewhere already and still looks at the record of where it was.
TEST(Clock_reader, TornRecordAtEachStep) {
    unsigned const steps = 2 * steps_of_one_reading();
    for (bool const moves : {false, true})
        for (unsigned begin = 1; begin <= steps; ++begin)
            for (unsigned half = begin; half <= begin + steps; ++half)
                for (unsigned rest = half; rest <= half + steps; ++rest) {
                    World world;
                    world.between = [&](unsigned step) {
                        if (step == begin) {
                            if (moves)
                                world.move_to(1);
                            world.write_begin(0);
                        }
                        if (step == half)
                            world.write_half(0, 1);
                        if (step == rest)
                            world.write_rest(0, 1);
                    };
                    expect_right(world, "a torn record", begin);
                }
}

TEST(Clock_reader, WallOffsetAndOriginAreOfOneMoment) {
    unsigned const steps = steps_of_one_reading();
    for (unsigned at = 1; at <= steps; ++at) {
        World world;
        world.between = [&](unsigned step) {
            if (step == at)
                ++world.page.version, world.page.origin += 300;
            if (step == at + 3)
                world.page.wall_offset += 300, ++world.page.version;
        };
        Clock_reading reading{};
        Clock_reader reader{world.page, world.placement, world};
        ASSERT_TRUE(reader.read(reading));
        EXPECT_TRUE(reading.wall_offset == 7'000 || reading.wall_offset == 7'300);
        uint64_t const wall = reading.now + reading.wall_offset;
        EXPECT_LE(wall, world.time - 500 + 7'000) << "before step " << at;
        EXPECT_GE(wall, 10'000u - 500 + 7'000) << "before step " << at;
    }
}

TEST(Clock_reader, TellsNobodyLessThanTheKernelDid) {
    World world;
    world.page.latest = 1'000'000;
    Clock_reading reading{};
    Clock_reader reader{world.page, world.placement, world};
    ASSERT_TRUE(reader.read(reading));
    EXPECT_EQ(reading.now, 1'000'000u);
}

TEST(Clock_reader, HasNoReadingForProcessorsBeyondThePage) {
    World world;
    for (uint64_t const processor : {Clock_page::most_processors, uint64_t{0xffff}}) {
        world.placement = Placement{}.moved_to(processor).raw();
        Clock_reading reading{};
        Clock_reader reader{world.page, world.placement, world};
        EXPECT_FALSE(reader.read(reading));
    }
}

} // namespace
} // namespace lavandin
