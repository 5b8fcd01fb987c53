// SPDX-License-Identifier: MIT
// Both sides on two pages of memory, with an event channel that is a bit each way. Either side can
// die between any two steps and start again in the same pages.
#pragma once

#include "samples.hpp"

#include <cooperation/stock_guest.h>
#include <cooperation/stock_vmm.h>

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <vector>

class Pair {
public:
    static constexpr unsigned processors = 8;

    // Exact allocations, so that a sanitizer sees whatever leaves them.
    std::unique_ptr<coop_guest_page> guest_page{new coop_guest_page{}};
    std::unique_ptr<coop_vmm_page> vmm_page{new coop_vmm_page{}};
    coop_stock_guest guest{};
    coop_stock_vmm vmm{};
    uint64_t now{samples::now};
    bool guest_edge{false}; // pending at the guest
    bool vmm_edge{false};
    // What the sides' managers hold.
    uint64_t online{0b0001};
    uint64_t allotted{0b0001};
    std::vector<coop_guest_event> guest_events;
    std::vector<coop_vmm_event> vmm_events;
    std::function<void(std::string const&)> record; // takes the lines of both sides' recordings

    static coop_guest_config guest_config(uint32_t session) {
        return {.capabilities = COOP_CAPABILITIES,
                .processors = processors,
                .processors_least = 1,
                .report_period = 10'000'000,
                .reclaim_time = 1'000'000,
                .patience = COOP_PATIENCE,
                .session = session};
    }
    static coop_vmm_config vmm_config(uint32_t instance) {
        auto config = samples::vmm_config(instance);
        config.burst = 32;
        return config;
    }

    void start_guest() {
        auto const config = guest_config(coop_stock_guest_session(guest_page.get()));
        coop_stock_guest_begin(&guest, &config, guest_page.get(), vmm_page.get());
        auto const recorder = the_recorder();
        coop_stock_guest_record(&guest, &recorder);
        take_edges();
    }
    void start_vmm() {
        auto const config = vmm_config(coop_stock_vmm_instance(vmm_page.get()));
        ASSERT_EQ(coop_stock_vmm_begin(&vmm, &config, guest_page.get(), vmm_page.get(), now),
                  COOP_OK);
        auto const recorder = the_recorder();
        coop_stock_vmm_record(&vmm, &recorder);
        take_edges();
    }
    void start() {
        start_guest();
        start_vmm();
    }

    // Each side does all it can once.
    void guest_turn() {
        coop_guest_event event;
        for (int i = 0; i < 64 && coop_stock_guest_step(&guest, now, &event) != 0; ++i)
            guest_events.push_back(event);
        take_edges();
        coop_stock_guest_sleep(&guest);
    }
    void vmm_turn() {
        if (vmm.own == nullptr)
            return; // never started
        coop_vmm_event event;
        for (int i = 0; i < 64 && coop_stock_vmm_step(&vmm, now, &event) != 0; ++i)
            vmm_events.push_back(event);
        flush_vmm();
    }
    void flush_vmm() {
        coop_vmm_event event;
        coop_allocation const allocation{.allotted = allotted, .use = 0, .pressure = 0};
        coop_stock_vmm_flush(&vmm, &allocation, now, &event);
        if (event.type != COOP_VMM_NOTHING)
            vmm_events.push_back(event);
        take_edges();
        coop_stock_vmm_sleep(&vmm);
    }
    // Runs whoever has an edge pending, until nobody has.
    void run_on_edges() {
        for (int i = 0; i < 100 && (guest_edge || vmm_edge); ++i) {
            if (vmm_edge) {
                vmm_edge = false;
                vmm_turn();
            }
            if (guest_edge) {
                guest_edge = false;
                guest_turn();
            }
        }
        EXPECT_FALSE(guest_edge || vmm_edge) << "talks in circles";
    }
    void join() {
        start();
        run_on_edges();
        ASSERT_EQ(guest.engine.state, COOP_GUEST_JOINED);
        ASSERT_EQ(vmm.engine.state, COOP_VMM_JOINED);
        guest_events.clear();
        vmm_events.clear();
    }

    coop_error request() {
        auto const body = samples::request().body.request;
        auto const error = coop_guest_request(&guest.engine, &body, now);
        guest_turn();
        return error;
    }
    coop_error answer(coop_outcome outcome) {
        coop_answer body{};
        body.outcome = static_cast<uint16_t>(outcome);
        body.reason = COOP_REASON_POLICY;
        auto const error = coop_vmm_answer(&vmm.engine, &body, now);
        flush_vmm();
        return error;
    }
    coop_error offer(uint64_t mask) { return move(COOP_OFFER, mask); }
    coop_error reclaim(uint64_t mask) { return move(COOP_RECLAIM, mask); }
    coop_error reply(coop_type type, bool done) {
        auto const& asked = type == COOP_OFFER ? guest.engine.offer : guest.engine.reclaim;
        coop_reply body{};
        body.processor = COOP_NO_PROCESSOR;
        if (done) {
            body.processors = asked.transfer.processors;
            online = type == COOP_OFFER ? online | body.processors : online & ~body.processors;
            body.online = online;
            body.manner = type == COOP_OFFER ? COOP_MANNER_ANY : COOP_MANNER_PARK;
        } else {
            body.reason = COOP_REASON_PINNED;
        }
        auto const error = coop_guest_reply(&guest.engine, type, &body, now);
        guest_turn();
        return error;
    }
    coop_status status() const {
        coop_status copy{};
        EXPECT_EQ(coop_status_read(&copy, &vmm_page->status), COOP_OK);
        EXPECT_EQ(coop_status_check(&copy), COOP_OK);
        return copy;
    }

private:
    coop_recorder the_recorder() { return {.write = write, .context = this, .domain = 1}; }
    static void write(void* context, coop_record const* record) {
        auto const& pair = *static_cast<Pair*>(context);
        if (!pair.record)
            return;
        char line[COOP_RECORD_BYTES];
        size_t const length = coop_record_line(line, sizeof(line), record);
        pair.record(std::string(line, length));
    }
    coop_error move(coop_type type, uint64_t mask) {
        coop_transfer body{};
        body.processors = mask;
        body.count = static_cast<uint16_t>(coop_mask_count(mask));
        body.deadline = now + 5'000'000;
        auto const error = type == COOP_OFFER ? coop_vmm_offer(&vmm.engine, &body, 0, now)
                                              : coop_vmm_reclaim(&vmm.engine, &body, now);
        flush_vmm();
        return error;
    }
    void take_edges() {
        if (coop_stock_guest_notify(&guest) != 0)
            vmm_edge = true;
        if (coop_stock_vmm_notify(&vmm) != 0)
            guest_edge = true;
    }
};
