// SPDX-License-Identifier: MIT
// Reports against measurements, look by look. The machine runs in between, and dom0 may not.
#include <claims.hpp>

#include <gtest/gtest.h>

#include <array>

namespace lavandin::coopd {
namespace {

class Looks : public testing::Test {
protected:
    Looks() { facts.vcpus.assign(2, {0, true, false}); }

    // Both VCPUs run for so long; it claims so much of that, in thousandths.
    void run(Time passed, uint64_t claimed = 1000) {
        time += passed;
        for (size_t i = 0; i < facts.vcpus.size(); ++i) {
            facts.vcpus[i].time += passed;
            busy[i] += passed * claimed / 1000;
        }
    }
    void write() {
        report.number += 1;
        for (size_t i = 0; i < busy.size(); ++i)
            report.processor[i].busy = busy[i];
    }
    // Measures, is away for so long, in which the guest goes on; reads.
    bool look(Time away = 0, uint64_t claimed = 1000) {
        Domain_facts const measured = facts;
        Time const now = time;
        if (away != 0) {
            run(away, claimed);
            write();
        }
        return claims.contradict(report, measured, now);
    }

    Claims claims;
    Domain_facts facts;
    coop_report report{};
    std::array<uint64_t, 2> busy{};
    Time time{second};
};

TEST_F(Looks, an_honest_guest_contradicts_nothing) {
    for (int i = 0; i < 1000; ++i) {
        run(10 * millisecond);
        write();
        ASSERT_FALSE(look()) << i;
    }
}

TEST_F(Looks, nor_where_dom0_is_away_between_measuring_and_reading) {
    for (int i = 0; i < 1000; ++i) {
        run(10 * millisecond);
        write();
        ASSERT_FALSE(look(i % 70 == 69 ? 2 * second : 0)) << i;
    }
}

TEST_F(Looks, nor_where_reports_are_old) {
    for (int i = 0; i < 1000; ++i) {
        run(10 * millisecond);
        if (i % 90 == 0)
            write();
        ASSERT_FALSE(look()) << i;
    }
}

TEST_F(Looks, who_claims_more_than_it_ran_is_found_in_two_seconds) {
    bool found = false;
    for (int i = 0; i < 200 && !found; ++i) {
        run(10 * millisecond, 1500);
        write();
        found = look();
    }
    EXPECT_TRUE(found);
}

TEST_F(Looks, and_where_dom0_is_away) {
    bool found = false;
    for (int i = 0; i < 100 && !found; ++i) {
        run(10 * millisecond, 3000);
        write();
        found = look(i % 10 == 9 ? 500 * millisecond : 0, 3000);
    }
    EXPECT_TRUE(found);
}

TEST_F(Looks, a_jump_between_two_windows_is_found) {
    for (int begin = 90; begin < 110; ++begin) {
        claims.forget();
        bool found = false;
        for (int i = 0; i < 320; ++i) {
            run(10 * millisecond);
            if (i == begin)
                busy[0] += second;
            write();
            found |= look();
        }
        EXPECT_TRUE(found) << begin;
    }
}

TEST_F(Looks, what_came_before_a_session_counts_for_nothing) {
    run(100 * second, 0);
    busy[0] = 1000 * second;
    write();
    for (int i = 0; i < 1000; ++i) {
        run(10 * millisecond);
        write();
        ASSERT_FALSE(look()) << i;
    }
}

TEST_F(Looks, a_processor_that_is_said_to_be_parked_and_runs_is_found) {
    report.parked = 0b10;
    bool found = false;
    for (int i = 0; i < 210 && !found; ++i) {
        run(10 * millisecond);
        write();
        found = look();
    }
    EXPECT_TRUE(found);
}

TEST_F(Looks, one_that_was_parked_just_now_may_have_run_before) {
    for (int i = 0; i < 1000; ++i) {
        bool const away = i % 70 == 69;
        report.parked = 0b01;
        facts.vcpus[1].time += 10 * millisecond; // the other one is parked
        time += 10 * millisecond;
        write();
        if (away) { // it comes back, and is parked again before the next look
            facts.vcpus[0].time += 2 * second;
            time += 2 * second;
        }
        ASSERT_FALSE(look()) << i;
    }
}

TEST_F(Looks, one_that_was_parked_for_a_part_of_the_time_may_have_run) {
    for (int i = 0; i < 1000; ++i) {
        report.parked = i % 50 < 25 ? 0b10 : 0;
        run(10 * millisecond);
        write();
        ASSERT_FALSE(look()) << i;
    }
}

TEST_F(Looks, sums_that_overflow_do_no_harm) {
    for (int i = 0; i < 3; ++i) {
        run(2 * second);
        report.number += 1;
        for (coop_processor_report& each : report.processor)
            each.busy = UINT64_MAX;
        look();
    }
}

} // namespace
} // namespace lavandin::coopd
