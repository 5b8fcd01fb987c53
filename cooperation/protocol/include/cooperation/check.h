// SPDX-License-Identifier: MIT
// What C and C++ call by different names.
#ifndef COOPERATION_CHECK_H
#define COOPERATION_CHECK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define COOP_STATIC_ASSERT(condition) static_assert(condition, #condition)
#define COOP_BEGIN extern "C" {
#define COOP_END }
#else
#define COOP_STATIC_ASSERT(condition) _Static_assert(condition, #condition)
#define COOP_BEGIN
#define COOP_END
#endif

// A structure's size, and where its last field begins: nothing in between was padded.
#define COOP_LAYOUT(type, size, last, offset)                                                      \
    COOP_STATIC_ASSERT(sizeof(type) == (size));                                                    \
    COOP_STATIC_ASSERT(offsetof(type, last) == (offset))

#endif
