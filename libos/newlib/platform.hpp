// SPDX-License-Identifier: MIT
// platform.h as C++ sees it.
#pragma once

#include <stddef.h>
#include <stdint.h>

extern "C" {
#include <newlib/platform.h>
}
