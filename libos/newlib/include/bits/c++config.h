// SPDX-License-Identifier: MIT
// Stands in front of libstdc++'s file of this name and takes back what was found out about Linux
// and glibc. There is no libstdc++ to link with: templates are instantiated where they are used.
#pragma once

#include_next <bits/c++config.h>

#undef _GLIBCXX_EXTERN_TEMPLATE
#define _GLIBCXX_EXTERN_TEMPLATE 0

#undef _GLIBCXX_HAS_GTHREADS      // threads: Thread, Mutex and Condition
#undef _GLIBCXX_HAVE_LINUX_FUTEX  // so std::atomic has no wait()
#undef _GLIBCXX_HAVE_TIMESPEC_GET // newlib lacks it
#undef _GLIBCXX_USE_C99_MATH_TR1  // newlib lacks the functions of long double
