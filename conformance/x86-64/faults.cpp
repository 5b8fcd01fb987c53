// SPDX-License-Identifier: MIT
#include "x86-64/faults.hpp"

namespace conformance {

Result<Process_information> fault(void (*function)(Words const&),
                                  std::initializer_list<uint64_t> words) {
    auto child = TRY(Child::create());
    TRY_VOID(child.start(function, words));
    return child.wait();
}

void expect_fault(Place place, char const* what, void (*function)(Words const&), Vectors wanted) {
    auto const end = fault(function);
    if (!expect_success(place, end.error(), what))
        return;
    auto const& information = end.value();
    if (static_cast<Process_state>(information.state) != Process_state::faulted) {
        note("%s:%d: %s: no fault; state %llu", place.file, place.line, what,
             static_cast<unsigned long long>(information.state));
        fail();
    } else if (!wanted.have(information.status)) {
        note("%s:%d: %s: vector %llu, code %#llx", place.file, place.line, what,
             static_cast<unsigned long long>(information.status),
             static_cast<unsigned long long>(information.fault_code));
        fail();
    }
}

} // namespace conformance
