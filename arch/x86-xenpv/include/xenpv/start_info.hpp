// SPDX-License-Identifier: MIT
// What Xen handed over at start of day, kept after the page it came in is gone.
#pragma once

#include <arch/processor.hpp>
#include <kernel/result.hpp>
#include <xenpv/frame_types.hpp>
#include <xenpv/local.hpp>
#include <xenpv/xen.hpp>

namespace xenpv {

extern start_info start;    // our copy
extern shared_info* shared; // mapped at start of day
inline bool initial_domain() { return (start.flags & SIF_INITDOMAIN) != 0; }

void map_shared_info();
void set_up_traps(); // trap table and callbacks of this VCPU

using arch::most_processors;

uint64_t platform_time(); // Xen's system time, nanoseconds
vcpu_info& vcpu_info_of(unsigned number);
bool register_vcpu_info(Local& self);
Local& local_of(unsigned number);
unsigned started_processors(); // those below have come up, or are about to
kernel::Outside_view const* outside_view();
void prepare_local(unsigned number, uint64_t stack_top, uint64_t stack_bytes);
void set_up_processor(unsigned number, uint64_t stack_top, uint64_t stack_bytes);
uint32_t bind_console_input(); // the port of the initial domain's console input
void set_up_events();          // timer channel, masks
void early_console(uint64_t ring_address);

} // namespace xenpv
