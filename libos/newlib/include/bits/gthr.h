// SPDX-License-Identifier: MIT
// Stands in front of libstdc++'s file of this name, which asks for POSIX threads.
#pragma once

#include <bits/gthr-single.h>
