// SPDX-License-Identifier: MIT
// The model of credit2, against what is known of credit2.
#include <cooperation/simulator/host.hpp>

#include <gtest/gtest.h>

namespace {

using namespace lavandin::simulator;

// Always has something to do.
struct Busy : Executor {
    void started() override { ++starts; }
    void stopped() override {}

    unsigned starts{0};
};

class Model : public testing::Test {
protected:
    void domain(unsigned weight, unsigned vcpus, unsigned cap = 0) {
        unsigned const number = host.add_domain(weight, cap);
        for (unsigned i = 0; i < vcpus; ++i)
            all.push_back(&host.add_vcpu(number, &busy));
    }

    void run(Time time) {
        for (Vcpu* const vcpu : all) {
            host.bring_up(*vcpu);
            host.wake(*vcpu);
        }
        events.run_until(events.now() + time);
        for (Vcpu* const vcpu : all)
            host.account(*vcpu);
    }

    double share(unsigned domain) const {
        double sum = 0;
        for (Vcpu const* const vcpu : all)
            sum += vcpu->domain == domain ? static_cast<double>(vcpu->ran) : 0;
        return sum / static_cast<double>(events.now());
    }

    Events events;
    Host host{events, 1, 0};
    Busy busy;
    std::deque<Vcpu*> all;
};

// Measured on Xen 4.17 with one processor, equal weights, 20 s: 6.7 s and 13.4 s.
TEST_F(Model, each_vcpu_has_the_whole_weight_of_its_domain) {
    domain(256, 1);
    domain(256, 2);
    run(20 * second);
    EXPECT_NEAR(share(0), 6.7 / 20, 0.01);
    EXPECT_NEAR(share(1), 13.4 / 20, 0.01);
}

TEST_F(Model, time_goes_by_weight) {
    domain(256, 1);
    domain(768, 1);
    run(20 * second);
    EXPECT_NEAR(share(0), 0.25, 0.01);
}

TEST_F(Model, a_cap_holds_though_the_processor_is_idle) {
    domain(256, 2, 30);
    run(20 * second);
    EXPECT_NEAR(share(0), 0.30, 0.01);
}

TEST_F(Model, a_slice_is_neither_shorter_than_the_rate_limit_nor_longer_than_ten_milliseconds) {
    domain(256, 1);
    domain(256, 1);
    run(second);
    EXPECT_GE(busy.starts, 100u);
    EXPECT_LE(busy.starts, 1000u);
}

TEST(Model_of_two, work_is_conserved) {
    Events events;
    Host host{events, 2, 0};
    Busy busy;
    std::deque<Vcpu*> all;
    for (int i = 0; i < 2; ++i)
        all.push_back(&host.add_vcpu(host.add_domain(256, 0), &busy));
    all.push_back(&host.add_vcpu(1, &busy));
    for (Vcpu* const vcpu : all) {
        host.bring_up(*vcpu);
        host.wake(*vcpu);
    }
    events.run_until(10 * second);
    Time ran = 0;
    for (Vcpu* const vcpu : all) {
        host.account(*vcpu);
        ran += vcpu->ran;
        EXPECT_EQ(vcpu->ran + vcpu->stolen, events.now());
    }
    EXPECT_EQ(ran, 2 * events.now());
}

} // namespace
