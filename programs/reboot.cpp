// SPDX-License-Identifier: MIT
// Starts the machine anew.
#include <lavandin/init_client.hpp>
#include <lavandin/usage.hpp>

using namespace lavandin;

int main(int count, char**) {
    if (count != 1)
        return usage("reboot");
    return failed("reboot", "init",
                  Init_client{}.shut_down(static_cast<uint64_t>(Shutdown::reboot)).error());
}
