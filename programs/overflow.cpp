// SPDX-License-Identifier: MIT
// Overflows its stack on purpose, for tests.
#include <stdio.h>

namespace {

// Each call keeps a page, and the result depends on all of them, so that none can be left out.
// NOLINTNEXTLINE(misc-no-recursion): that is what it is for
[[gnu::noinline]] int deeper(int volatile* above) {
    int volatile page[1024];
    page[0] = *above + 1;
    return page[0] < 0 ? 0 : deeper(page) + page[0];
}

} // namespace

int main() {
    int volatile start = 0;
    printf("%d\n", deeper(&start));
    return 1;
}
