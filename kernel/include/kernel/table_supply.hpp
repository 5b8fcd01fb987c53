// SPDX-License-Identifier: MIT
// Page tables take long to make. A call that needs several lets them be made first, one a step, and
// begins again when all are in the pool.
#pragma once

namespace kernel {

class Thread;

// `levels`: a bit for each level of which a table is needed. True when the call has been put off;
// its arguments must be untouched.
bool supply_tables(Thread& caller, unsigned levels);

} // namespace kernel
