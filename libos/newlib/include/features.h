// SPDX-License-Identifier: MIT
// The C++ headers of a Linux compiler ask glibc for its version here; newlib is none. It also
// lacks one function of C11 that <ctime> (and so <chrono>) names.
#pragma once

#include <sys/features.h>

#define __GLIBC_PREREQ(major, minor) 0

struct timespec;
extern "C" int timespec_get(struct timespec*, int); // never defined
