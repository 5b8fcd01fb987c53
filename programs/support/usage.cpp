// SPDX-License-Identifier: MIT
#include <lavandin/usage.hpp>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

namespace lavandin {

int usage(char const* text) {
    printf("usage: %s\n", text);
    return status_usage;
}

int failed(char const* name, char const* what, abi::Error error) {
    printf("%s: %s: %s\n", name, what, text_of(error));
    return status_failed;
}

bool read_number(char const* text, uint64_t maximum, uint64_t& value) {
    if (text[0] < '0' || text[0] > '9')
        return false;
    char* end = nullptr;
    errno = 0;
    value = strtoull(text, &end, 10);
    return *end == '\0' && errno == 0 && value <= maximum;
}

char const* text_of(abi::Error error) {
    using abi::Error;
    switch (error) {
    case Error::none:
        return "no error";
    case Error::invalid_capability:
        return "not given to this program";
    case Error::permission_denied:
        return "permission denied";
    case Error::invalid_argument:
        return "no such thing";
    case Error::quota_exceeded:
        return "quota exceeded";
    case Error::out_of_memory:
        return "out of memory";
    case Error::table_full:
        return "too many";
    case Error::not_mapped:
        return "not found";
    case Error::peer_died:
        return "the server has ended";
    case Error::timed_out:
        return "timed out";
    case Error::busy:
        return "busy";
    case Error::too_large:
        return "too large";
    case Error::not_supported:
        return "not supported";
    case Error::wrong_state:
        return "not possible in the state it is in";
    case Error::no_processor:
        return "it is the last one";
    case Error::cancelled:
        return "taken back";
    default:
        return "refused";
    }
}

} // namespace lavandin
