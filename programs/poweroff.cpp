// SPDX-License-Identifier: MIT
// Ends the machine, in the way that the command line asked for (shutdown=), by default a power-off.
#include <lavandin/init_client.hpp>
#include <lavandin/usage.hpp>

using namespace lavandin;

int main(int count, char**) {
    if (count != 1)
        return usage("poweroff");
    return failed("poweroff", "init", Init_client{}.shut_down().error());
}
