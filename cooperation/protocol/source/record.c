// SPDX-License-Identifier: MIT
#include <cooperation/names.h>
#include <cooperation/record.h>
#include <cooperation/types.h>

#include <string.h>

// Freestanding, so without printf. COOP_RECORD_BYTES is more than the longest line: twelve numbers
// of 20 digits, five words of 18 and less than 150 of text.
static char* text(char* at, char const* what) {
    size_t const length = strlen(what);
    memcpy(at, what, length);
    return at + length;
}

static char* decimal(char* at, uint64_t value) {
    char digits[20];
    unsigned count = 0;
    do
        digits[count++] = (char)('0' + value % 10);
    while ((value /= 10) != 0);
    while (count)
        *at++ = digits[--count];
    return at;
}

static char* hexadecimal(char* at, uint64_t value) {
    for (unsigned shift = 64; shift != 0; shift -= 4)
        *at++ = "0123456789abcdef"[value >> (shift - 4) & 15];
    return at;
}

// ,"key":value
static char* field(char* at, char const* key, uint64_t value) {
    at = text(at, ",\"");
    at = text(at, key);
    at = text(at, "\":");
    return decimal(at, value);
}

static char* named(char* at, char const* key, char const* value) {
    at = text(at, ",\"");
    at = text(at, key);
    at = text(at, "\":\"");
    at = text(at, value);
    return text(at, "\"");
}

static char* message(char* at, struct coop_message const* message) {
    struct coop_head const* const head = &message->head;
    at = named(at, "type", coop_type_name(head->type));
    at = field(at, "service", head->service);
    at = field(at, "session", head->session);
    at = field(at, "sequence", head->sequence);
    at = field(at, "regarding", head->regarding);
    at = field(at, "sent", head->time);
    if (head->type == COOP_HELLO)
        at = field(at, "instance", message->body.hello.instance);
    if (head->type == COOP_WELCOME) {
        at = field(at, "instance", message->body.welcome.instance);
        at = field(at, "version", message->body.welcome.version);
    }
    at = text(at, ",\"body\":\"");
    for (unsigned i = 0; i < 5; ++i)
        at = hexadecimal(at, message->body.words[i]);
    return text(at, "\"");
}

static char const* const events[COOP_RECORD_EVENTS] = {
    "begin", "take", "say", "show", "put", "end", "suspend", "forgive", "notify", "wake", "sleep",
};

size_t coop_record_line(char* line, size_t size, struct coop_record const* record) {
    if (size < COOP_RECORD_BYTES)
        return 0;
    char* at = text(line, "{\"time\":");
    at = decimal(at, record->time);
    at = field(at, "domain", record->domain);
    at = named(at, "side", record->side == COOP_RECORD_VMM ? "vmm" : "guest");
    at = named(at, "event", record->event < COOP_RECORD_EVENTS ? events[record->event] : "unknown");
    if (record->event == COOP_RECORD_BEGIN || record->event == COOP_RECORD_SHOW)
        at = field(at, "number", record->number);
    if (record->message)
        at = message(at, record->message);
    if (record->event == COOP_RECORD_TAKE) {
        at = named(at, "verdict", coop_error_name(record->verdict));
        at = text(at, record->counted ? ",\"counted\":true" : ",\"counted\":false");
    }
    at = text(at, "}\n");
    *at = 0;
    return (size_t)(at - line);
}
