// SPDX-License-Identifier: MIT
// Reads an input from its front; beyond its end there are zeroes.
#ifndef HOSTUNIT_FUZZ_SCRIPT_H
#define HOSTUNIT_FUZZ_SCRIPT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct script {
    uint8_t const* at;
    size_t left;
};

static inline void script_bytes(struct script* script, void* to, size_t size) {
    size_t const there = size < script->left ? size : script->left;
    memset(to, 0, size);
    if (there)
        memcpy(to, script->at, there);
    script->at += there;
    script->left -= there;
}

static inline uint8_t script_byte(struct script* script) {
    uint8_t value = 0;
    script_bytes(script, &value, sizeof(value));
    return value;
}

static inline uint32_t script_word(struct script* script) {
    uint32_t value = 0;
    script_bytes(script, &value, sizeof(value));
    return value;
}

#endif
