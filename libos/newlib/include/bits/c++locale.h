// SPDX-License-Identifier: MIT
// Stands in front of libstdc++'s file of this name, which wants glibc's locales. Headers such as
// <memory> mention locales; nothing here has any.
#pragma once

#include <bits/c++config.h>
#include <clocale>

#define _GLIBCXX_NUM_CATEGORIES 0

namespace std {
using __c_locale = int*;
int __convert_from_v(__c_locale const&, char*, int, char const*, ...); // never defined
} // namespace std
