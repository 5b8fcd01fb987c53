// SPDX-License-Identifier: MIT
// Faults on purpose, for tests: each kind ends the program in another way.
#include <lavandin/usage.hpp>
#include <stdint.h>
#include <string.h>

using namespace lavandin;

namespace {

constexpr uintptr_t kernel_address = 0xffff'8000'0000'0000;
constexpr char const* synopsis = "fault read|write|execute|kernel|instruction|divide";

// Addresses are kept in places of which the compiler knows nothing.
uintptr_t volatile null_address = 8;

void read(uintptr_t address) { static_cast<void>(*reinterpret_cast<char volatile*>(address)); }
void write(uintptr_t address) { *reinterpret_cast<char volatile*>(address) = 1; }
void execute(uintptr_t address) { reinterpret_cast<void (*)()>(address)(); }

void divide() {
    int volatile zero = 0;
    int volatile one = 1;
    int volatile result = one / zero; // NOLINT(clang-analyzer-core.DivideZero)
    static_cast<void>(result);
}

} // namespace

int main(int count, char** arguments) {
    if (count != 2)
        return usage(synopsis);
    static char data[16];
    char const* const kind = arguments[1];
    if (strcmp(kind, "read") == 0)
        read(null_address);
    else if (strcmp(kind, "write") == 0)
        write(reinterpret_cast<uintptr_t>(&usage)); // the program's own text
    else if (strcmp(kind, "execute") == 0)
        execute(reinterpret_cast<uintptr_t>(data));
    else if (strcmp(kind, "kernel") == 0)
        read(kernel_address);
    else if (strcmp(kind, "instruction") == 0)
        __builtin_trap();
    else if (strcmp(kind, "divide") == 0)
        divide();
    else
        return usage(synopsis);
    return status_failed; // it should not have come here
}
