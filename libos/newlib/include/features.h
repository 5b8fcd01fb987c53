// SPDX-License-Identifier: MIT
// The C++ headers of a Linux compiler ask glibc for its version here; newlib is none.
#pragma once

#include <sys/features.h>

#define __GLIBC_PREREQ(major, minor) 0
