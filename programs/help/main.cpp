// SPDX-License-Identifier: MIT
// Lists the programs.
#include <lavandin/program_list.hpp>
#include <lavandin/usage.hpp>

int main(int count, char**) {
    if (count != 1)
        return lavandin::usage("help");
    lavandin::print_programs();
    return 0;
}
