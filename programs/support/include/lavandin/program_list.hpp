// SPDX-License-Identifier: MIT
#pragma once

namespace lavandin {

// Prints each program of the manifest with its line.
void print_programs();

} // namespace lavandin
