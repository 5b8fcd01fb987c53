// SPDX-License-Identifier: MIT
// What must hold whatever the other side does; libFuzzer keeps the input that ends here.
#ifndef HOSTUNIT_FUZZ_PROMISE_H
#define HOSTUNIT_FUZZ_PROMISE_H

#include <stdio.h>
#include <stdlib.h>

#define PROMISE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "broken at %s:%d: %s\n", __FILE__, __LINE__, #condition);              \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
