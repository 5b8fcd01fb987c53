// SPDX-License-Identifier: MIT
// Ends processes.
#include <lavandin/init_client.hpp>
#include <lavandin/usage.hpp>

#include <stdio.h>

using namespace lavandin;

namespace {

int refused(char const* word, uint64_t number, Error error) {
    if (number != init_protocol::init_number || error != Error::permission_denied)
        return failed("kill", word, error);
    printf("kill: %s: init cannot be ended: nobody could start it again\n", word);
    return status_failed;
}

} // namespace

int main(int count, char** arguments) {
    if (count < 2)
        return usage("kill NUMBER...  (numbers as `ps` shows them)");
    int status = 0;
    for (int i = 1; i < count; ++i) {
        uint64_t number = 0;
        if (!read_number(arguments[i], UINT32_MAX, number))
            return usage("kill NUMBER...  (numbers as `ps` shows them)");
        auto const result = Init_client{}.kill(static_cast<uint32_t>(number));
        if (!result.ok())
            status = refused(arguments[i], number, result.error());
    }
    return status;
}
