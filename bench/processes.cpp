// SPDX-License-Identifier: MIT
// Starting processes and programs, and calls between members of a group, who are programs of their
// own (member.cpp).
#include "measure.hpp"
#include "operations.hpp"

#include <lavandin/init_client.hpp>

#include <string_view>

using namespace lavandin;

namespace bench {

namespace {

Result<void> process_start(Memory const& code) {
    Notification const ended = TRY(Notification::create());
    Measurement{"process start, one page, to its end"}.run([&] {
        auto partner = Partner::create(code, ended.index());
        if (partner.ok() && partner.value().start(partner_end, self_process).ok())
            (void)ended.wait();
    });
    return {};
}

Result<void> run_program(Init_client const& init, std::string_view block) {
    auto const number = TRY(init.spawn(block));
    auto const ending = TRY(init.wait(number));
    return ending.status == 0 ? Error::none : Error::not_supported;
}

// By way of init: find the file, check and load the ELF image, run it to its end.
Result<void> program_start() {
    Init_client const init;
    constexpr std::string_view block{"exit-with\0000\0", 12};
    TRY_VOID(run_program(init, block));
    Measurement{"program start by init, to its end"}.run([&] { (void)run_program(init, block); });
    return {};
}

// The caller measures and prints, and ends the callee.
Result<void> group_call() {
    using namespace std::literals;
    Init_client const init;
    auto const callee = TRY(init.spawn("bench-callee\0"sv));
    TRY_VOID(run_program(init, "bench-caller\0"sv));
    (void)TRY(init.wait(callee));
    return {};
}

} // namespace

Result<void> measure_processes(Memory const& code) {
    TRY_VOID(process_start(code));
    TRY_VOID(program_start());
    return group_call();
}

} // namespace bench
