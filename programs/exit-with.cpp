// SPDX-License-Identifier: MIT
// Ends with a status, for tests.
#include <lavandin/usage.hpp>

int main(int count, char** arguments) {
    uint64_t status = 0;
    if (count != 2 || !lavandin::read_number(arguments[1], 255, status))
        return lavandin::usage("exit-with STATUS  (0 to 255)");
    return static_cast<int>(status);
}
