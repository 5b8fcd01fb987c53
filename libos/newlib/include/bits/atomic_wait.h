// SPDX-License-Identifier: MIT
// Stands in front of libstdc++'s file of this name, which waits by Linux's futex. Without it
// std::atomic has no wait() and notify_one(): Mutex and Condition are for that.
#pragma once
