// SPDX-License-Identifier: MIT
// Whatever the policy says is something that the protocol can say.
#include <translate.hpp>

#include <cooperation/codec.h>
#include <cooperation/limits.h>

#include <gtest/gtest.h>

namespace lavandin::coopd {

TEST(Translate, every_answer_passes_the_protocols_check) {
    for (uint32_t answer = POLICY_GRANTED; answer <= POLICY_LATER; ++answer) {
        for (uint32_t reason = POLICY_NO_REASON; reason <= POLICY_KEEP_SHARE; ++reason) {
            policy_action action{};
            action.kind = POLICY_ANSWER;
            action.answer = answer;
            action.reason = reason;
            action.processors = 3;
            coop_message message{};
            coop_message_make(&message, COOP_ANSWER, 1, 2, 1000);
            message.head.sequence = 2;
            message.body.answer = to_answer(action, 1000);
            EXPECT_EQ(coop_message_check(&message, COOP_FROM_VMM), COOP_OK) << answer << reason;
        }
    }
}

TEST(Translate, offers_and_reclaims_pass_it_too) {
    for (coop_type type : {COOP_OFFER, COOP_RECLAIM}) {
        coop_message message{};
        coop_message_make(&message, type, 1, 0, 1000);
        message.head.sequence = 2;
        message.body.transfer = to_transfer(0b110, 2, 2000, COOP_REASON_SURPLUS);
        EXPECT_EQ(coop_message_check(&message, COOP_FROM_VMM), COOP_OK);
    }
}

TEST(Translate, a_report_keeps_its_numbers) {
    coop_report report{};
    report.online = 0b101;
    report.runnable = 7;
    report.demand = 2500;
    report.confidence = 900;
    report.load = COOP_LOAD_PARALLEL;
    report.processors = 3;
    report.processor[2] = {1, 2, 3, 4, 5, 6, 1};
    policy_report const made = to_policy(report, 99);
    EXPECT_EQ(made.time, 99u);
    EXPECT_EQ(made.load, uint32_t{POLICY_LOAD_BARRIERS});
    EXPECT_EQ(made.demand, 2500u);
    EXPECT_EQ(made.confidence, 90u);
    EXPECT_EQ(made.processor_count, 3u);
    EXPECT_EQ(made.processors[2].stolen, 3u);
    EXPECT_EQ(made.processors[2].run_queue, 6u);
    EXPECT_EQ(made.processors[1].in_use, 0u);
    EXPECT_EQ(made.processors[2].in_use, 1u);
}

} // namespace lavandin::coopd
