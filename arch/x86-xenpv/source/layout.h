// SPDX-License-Identifier: MIT
// Where things are in the kernel's address space. For C++, assembler and the linker script.
//
//   ffff'8000'0000'0000  Xen's own (to ffff'87ff'ffff'ffff): the machine-to-physical table
//   ffff'8800'0000'0000  window: frame n at + n * 4096, mapped while the kernel uses it
//   ffff'887f'c000'0000  the window's last GiB: code that is loaded later
//   ffff'9000'0000'0000  physical-to-machine table, made by the domain builder
//   ffff'ffff'8000'0000  kernel image, then what the domain builder put behind it
#pragma once

#define HYPERVISOR_BASE 0xffff800000000000
#define WINDOW_BASE 0xffff880000000000
#define P2M_BASE 0xffff900000000000
#define KERNEL_BASE 0xffffffff80000000
