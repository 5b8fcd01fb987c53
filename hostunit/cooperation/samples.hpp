// SPDX-License-Identifier: MIT
// Good messages and areas, for tests to spoil.
#pragma once

#include <cooperation/codec.h>
#include <cooperation/protocol.h>
#include <cooperation/vmm_engine.h>

namespace samples {

constexpr uint64_t now = 1'000'000'000;
constexpr uint32_t session = 7;
constexpr uint32_t instance = 3;

inline coop_vmm_config vmm_config(uint32_t incarnation) {
    return {.instance = incarnation,
            .capabilities = COOP_CAPABILITIES,
            .ceiling = 8,
            .turn_away = COOP_REASON_NONE,
            .entitlement = 2000,
            .report_period = 10'000'000,
            .reclaim_time = 1'000'000,
            .reclaim_most = 100'000'000,
            .answer_time = 500'000'000,
            .burst = 16,
            .interval = 1'000'000,
            .tolerated = 8,
            .forgiven = 1'000'000'000,
            .suspension = 10'000'000'000};
}

inline coop_message make(coop_type type, uint32_t sequence, uint32_t regarding) {
    coop_message message;
    coop_message_make(&message, type, session, regarding, now);
    message.head.sequence = sequence;
    return message;
}

inline coop_message hello() {
    auto message = make(COOP_HELLO, 1, 0);
    message.body.hello = {.version_least = 1,
                          .version_most = COOP_VERSION,
                          .capabilities = COOP_CAPABILITIES,
                          .instance = instance,
                          .processors = 8,
                          .processors_least = 1,
                          .report_period = 10'000'000,
                          .reclaim_time = 1'000'000,
                          .zero = 0};
    return message;
}

inline coop_message welcome() {
    auto message = make(COOP_WELCOME, 1, 1);
    auto& body = message.body.welcome;
    body.version = COOP_VERSION;
    body.capabilities = COOP_CAPABILITIES;
    body.instance = instance;
    body.ceiling = 8;
    body.entitlement = 2000;
    body.report_period = 10'000'000;
    body.reclaim_time = 1'000'000;
    return message;
}

inline coop_message request(uint32_t sequence = 2) {
    auto message = make(COOP_REQUEST, sequence, 0);
    auto& body = message.body.request;
    body.wanted = 4;
    body.least = 2;
    body.need = COOP_NEED_QUEUE;
    body.load = COOP_LOAD_THROUGHPUT;
    body.demand = 3500;
    body.confidence = 900;
    return message;
}

inline coop_message answer(uint32_t sequence, uint32_t regarding) {
    auto message = make(COOP_ANSWER, sequence, regarding);
    message.body.answer.outcome = COOP_PARTLY;
    message.body.answer.reason = COOP_REASON_PRESSURE;
    message.body.answer.processors = 3;
    return message;
}

inline coop_message transfer(coop_type type, uint32_t sequence, uint64_t processors = 0b1100) {
    auto message = make(type, sequence, 0);
    auto& body = message.body.transfer;
    body.processors = processors;
    body.deadline = now + 5'000'000;
    body.count = static_cast<uint16_t>(coop_mask_count(processors));
    body.reason = COOP_REASON_SURPLUS;
    return message;
}

// DONE for all of transfer()'s processors when it is an offer.
inline coop_message done(uint32_t sequence, uint32_t regarding) {
    auto message = make(COOP_DONE, sequence, regarding);
    auto& body = message.body.reply;
    body.processors = 0b1100;
    body.online = 0b1111;
    body.processor = COOP_NO_PROCESSOR;
    return message;
}

inline coop_message given(uint32_t sequence, uint32_t regarding) {
    auto message = done(sequence, regarding);
    message.body.reply.online = 0b0011;
    message.body.reply.manner = COOP_MANNER_PARK;
    return message;
}

inline coop_message refused(uint32_t sequence, uint32_t regarding) {
    auto message = make(COOP_REFUSED, sequence, regarding);
    auto& body = message.body.reply;
    body.reason = COOP_REASON_PINNED;
    body.processor = 3;
    body.detail = 77;
    return message;
}

inline coop_message release(uint32_t sequence = 2) {
    auto message = make(COOP_RELEASE, sequence, 0);
    auto& body = message.body.release;
    body.processors = 0b1000;
    body.online = 0b0111;
    body.manner = COOP_MANNER_STOP;
    body.reason = COOP_REASON_UNWANTED;
    return message;
}

inline coop_report report(uint64_t number = 1) {
    coop_report report{};
    report.session = session;
    report.number = number;
    report.time = now + number;
    report.online = 0b0011;
    report.parked = 0b0100;
    report.runnable = 3;
    report.demand = 2500;
    report.confidence = 800;
    report.load = COOP_LOAD_INTERACTIVE;
    report.processors = 4;
    for (unsigned i = 0; i < report.processors; ++i)
        report.processor[i] = {.busy = 100 * number,
                               .idle = 50 * number,
                               .stolen = 10 * number,
                               .blocked = number,
                               .switches = 5,
                               .queue = 1,
                               .state = COOP_PROCESSOR_ONLINE};
    return report;
}

inline coop_status status(uint64_t number = 1) {
    coop_status status{};
    status.session = session;
    status.number = number;
    status.time = now;
    status.allotted = 0b1111;
    status.entitlement = 2000;
    status.ceiling = 8;
    return status;
}

} // namespace samples
