// SPDX-License-Identifier: MIT
#include "samples.hpp"

#include <cooperation/record.h>

#include <gtest/gtest.h>
#include <string>

namespace {

std::string line(coop_record const& record) {
    char text[COOP_RECORD_BYTES];
    size_t const length = coop_record_line(text, sizeof(text), &record);
    EXPECT_EQ(text[length], 0);
    return {text, length};
}

coop_record event(coop_record_event kind) {
    coop_record record{};
    record.time = samples::now;
    record.domain = 5;
    record.side = COOP_RECORD_VMM;
    record.event = kind;
    return record;
}

TEST(Record, events_without_a_message) {
    auto record = event(COOP_RECORD_BEGIN);
    record.number = 17;
    EXPECT_EQ(
        line(record),
        "{\"time\":1000000000,\"domain\":5,\"side\":\"vmm\",\"event\":\"begin\",\"number\":17}\n");
    EXPECT_EQ(line(event(COOP_RECORD_NOTIFY)),
              "{\"time\":1000000000,\"domain\":5,\"side\":\"vmm\",\"event\":\"notify\"}\n");
}

TEST(Record, a_message_with_its_verdict_and_contents) {
    auto const message = samples::hello();
    auto record = event(COOP_RECORD_TAKE);
    record.message = &message;
    record.verdict = COOP_ERROR_REPLAY;
    EXPECT_EQ(
        line(record),
        "{\"time\":1000000000,\"domain\":5,\"side\":\"vmm\",\"event\":\"take\",\"type\":\"hello\","
        "\"service\":0,\"session\":7,\"sequence\":1,\"regarding\":0,\"sent\":1000000000,"
        "\"instance\":3,\"body\":\"0000001f000100010001000800000003"
        "000000000098968000000000000f42400000000000000000\","
        "\"verdict\":\"replay\",\"counted\":false}\n");
}

TEST(Record, the_longest_line_fits) {
    coop_message message;
    memset(&message, 0xff, sizeof(message));
    message.head.type = COOP_WELCOME;
    auto record = event(COOP_RECORD_TAKE);
    record.time = UINT64_MAX;
    record.domain = UINT32_MAX;
    record.side = COOP_RECORD_GUEST;
    record.message = &message;
    record.verdict = COOP_ERROR_CONTRADICTION;
    EXPECT_LT(line(record).size(), COOP_RECORD_BYTES * 4u / 5);
}

TEST(Record, too_little_room_writes_nothing) {
    char text[COOP_RECORD_BYTES - 1] = "untouched";
    auto const record = event(COOP_RECORD_SLEEP);
    EXPECT_EQ(coop_record_line(text, sizeof(text), &record), 0u);
    EXPECT_STREQ(text, "untouched");
}

} // namespace
