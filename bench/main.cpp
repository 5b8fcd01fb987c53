// SPDX-License-Identifier: MIT
// Costs of the kernel's operations. One function per operation; each prints a line.
#include "measure.hpp"
#include "partner.hpp"

#include <lavandin/environment.hpp>
#include <lavandin/init_client.hpp>
#include <lavandin/mapping.hpp>
#include <lavandin/system_calls.hpp>

#include <stdio.h>
#include <string_view>

using namespace lavandin;
using bench::make_partner_code;
using bench::Measurement;
using bench::Partner;

namespace {

void null_call() {
    Measurement{"null system call", 16}.run([] { (void)null(); });
    Measurement{"read the clock by system call", 16}.run([] { (void)clock_read(); });
}

Result<void> call_and_reply(Memory const& code) {
    Endpoint const endpoint = TRY(Endpoint::create());
    Reply const reply = TRY(Reply::create());
    Partner partner = TRY(Partner::create(code));
    uint64_t const server = TRY(partner.process().install(endpoint.index()));
    uint64_t const holder = TRY(partner.process().install(reply.index()));
    TRY_VOID(partner.start(partner_echo, holder << 32 | server));
    Measurement{"call and reply between two processes", 4}.run([&] {
        (void)endpoint_call(endpoint.index(), Message_tag{1, 0}, 1, 2, 3, 4);
    });
    Measurement{"call and reply with 256 words each way", 4}.run([&] {
        (void)endpoint_call(endpoint.index(), Message_tag{1, maximum_buffer_words}, 1, 2, 3, 4);
    });
    return {};
}

// Two processes that give way to each other: an operation is a switch there and one back.
Result<void> thread_switch(Memory const& code) {
    Partner partner = TRY(Partner::create(code));
    TRY_VOID(partner.start(partner_yield, 0));
    Measurement{"two thread switches between processes", 4}.run([] { (void)thread_yield(); });
    return {};
}

Result<void> map_and_unmap() {
    auto const allocated = TRY(allocate_memory(page_size));
    Memory const& memory = allocated.memory();
    uint64_t const address = TRY(take_addresses(page_size));
    constexpr auto rights = memory_permission::read | memory_permission::write;
    Measurement{"map and unmap a page"}.run([&] {
        (void)memory_map(self_process, memory.index(), address, 0, page_size, rights);
        (void)memory_unmap(self_process, address, page_size);
    });
    Measurement{"make, map, touch, unmap and free a page"}.run([&] {
        auto const fresh = memory_create(page_size);
        (void)memory_map(self_process, fresh.value(), address, 0, page_size, rights);
        *reinterpret_cast<uint64_t volatile*>(address) = 1;
        (void)memory_unmap(self_process, address, page_size);
        (void)capability_delete(fresh.value());
    });
    give_back_addresses(address);
    return {};
}

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
    (void)TRY(init.wait(number));
    return {};
}

// By way of init: find the file, check and load the ELF image, run it to its end.
Result<void> program_start() {
    Init_client const init;
    constexpr std::string_view block{"exit-with\0000\0", 12};
    TRY_VOID(run_program(init, block));
    Measurement{"program start by init, to its end"}.run([&] { (void)run_program(init, block); });
    return {};
}

Result<void> boot_time() {
    uint64_t const now = TRY(clock_read()).now; // since kernel entry
    printf(
        "BENCH {\"name\": \"kernel entry to program in the shell's place\", \"unit\": \"ticks\", "
        "\"iterations\": 1, \"min\": %llu, \"median\": %llu, \"max\": %llu}\n",
        static_cast<unsigned long long>(now), static_cast<unsigned long long>(now),
        static_cast<unsigned long long>(now));
    return {};
}

Result<void> measure_all() {
    TRY_VOID(boot_time());
    null_call();
    auto const allocated = TRY(make_partner_code());
    Memory const& code = allocated.memory();
    TRY_VOID(call_and_reply(code));
    TRY_VOID(thread_switch(code));
    TRY_VOID(map_and_unmap());
    TRY_VOID(process_start(code));
    return program_start();
}

} // namespace

int main() {
    auto const done = measure_all();
    if (done.ok())
        return 0;
    printf("bench: failed with error %u\n", static_cast<unsigned>(done.error()));
    return 1;
}
