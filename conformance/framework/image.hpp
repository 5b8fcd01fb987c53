// SPDX-License-Identifier: MIT
// The suite's own program as it was when the suite began, ready for any number of processes that
// run it: code and constants are shared, data is copied. So a function of the suite has the same
// address in all of them, and a child is started with a function, not with a file.
#pragma once

#include <lavandin/system_calls.hpp>

namespace conformance {

using namespace lavandin;

struct Image {
    Capability_index code{0}; // Memory: all segments that nobody writes, one after the other
    Capability_index data{0}; // Memory: those that are written, as they were

    // Copies this process's image.
    static Result<Image> snapshot();

    // Maps it into another process. `patch`, `bytes`: a variable of this image whose value there
    // shall be the one that it has here.
    Result<void> map(Capability_index process, void const* patch, uint64_t bytes) const;
};

} // namespace conformance
