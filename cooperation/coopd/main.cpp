// SPDX-License-Identifier: MIT
#include "real_xen.hpp"
#include <fmt/format.h>
#include <unistd.h>
int main() {
    using namespace lavandin::coopd;
    Real_xen xen{0};
    std::vector<Domain_facts> facts;
    for (int i = 0; i < 5; ++i) {
        xen.domains(facts);
        fmt::print("now {} processors {} rate {}\n", xen.now(), xen.pool_processors(), xen.rate_limit());
        for (auto& f : facts) {
            auto w = xen.weight(f.number).value_or(Weight{0,0});
            fmt::print("  {} {} vcpus {} w {} cap {} waited {} name {}\n", f.number, f.dying, f.vcpus.size(), w.weight, w.cap, f.waited, xen.read(f.number, "name").value_or("?"));
            for (auto& v : f.vcpus) fmt::print("    {} {} {}\n", v.time, v.online, v.blocked);
        }
        sleep(1);
    }
}
