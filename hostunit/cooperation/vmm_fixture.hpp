// SPDX-License-Identifier: MIT
// The VMM side's engine, with one guest that this test plays.
#pragma once

#include "samples.hpp"

#include <cooperation/area_access.h>
#include <cooperation/vmm_engine.h>

#include <gtest/gtest.h>

class Vmm_engine : public ::testing::Test {
protected:
    static coop_vmm_config config() { return samples::vmm_config(samples::instance); }
    coop_vmm vmm{};
    coop_vmm_event event{};
    uint64_t time{samples::now};

    Vmm_engine() {
        auto const used = config();
        EXPECT_EQ(coop_vmm_begin(&vmm, &used, time), COOP_OK);
    }

    // Within the budget, unless a test empties it itself.
    coop_error receive(coop_message const& message) {
        vmm.tokens = vmm.tokens == 0 ? 1 : vmm.tokens;
        return receive_as_budgeted(message);
    }
    coop_error receive_as_budgeted(coop_message const& message) {
        return coop_vmm_receive(&vmm, &message, time, &event);
    }
    coop_error report(coop_report const& report) {
        return coop_vmm_report(&vmm, &report, time, &event);
    }
    coop_vmm_event_type tick(uint64_t at) {
        coop_vmm_tick(&vmm, at, &event);
        return event.type;
    }
    coop_error offer(uint64_t processors = 0b1100) {
        auto body = samples::transfer(COOP_OFFER, 2, processors).body.transfer;
        body.deadline = time + 5'000'000;
        return coop_vmm_offer(&vmm, &body, 0, time);
    }
    coop_error reclaim() {
        auto body = samples::transfer(COOP_RECLAIM, 2).body.transfer;
        body.deadline = time + 5'000'000;
        return coop_vmm_reclaim(&vmm, &body, time);
    }
    coop_status status() {
        coop_allocation const allocation{.allotted = 0b1111, .use = 1500, .pressure = 900};
        coop_status shown{};
        coop_vmm_status(&vmm, &allocation, time, &shown);
        EXPECT_EQ(coop_status_check(&shown), COOP_OK);
        return shown;
    }
    // What the engine sent; type 0 when it sent nothing.
    coop_message sent() {
        auto const* const first = coop_outbox_first(&vmm.outbox);
        coop_message const message = first != nullptr ? *first : coop_message{};
        coop_outbox_drop(&vmm.outbox);
        return message;
    }
    void join() {
        ASSERT_EQ(receive(samples::hello()), COOP_OK);
        coop_outbox_drop(&vmm.outbox); // WELCOME
    }
};
