# SPDX-License-Identifier: MIT
"""Both page tables of a running guest, walked from outside: no page is writable and executable,
and from the user's table nothing of the kernel can be reached."""

from __future__ import annotations

import functools
import struct

from rig import paths
from rig.elf import Elf
from rig.kernel_memory import KernelMemory
from rig.look_inside import read_frame, stopped_in
from rig.machine import Guest, GuestConfig, Machine
from rig.outside_view import OutsideView
from rig.page_walk import (
    PAGE,
    Kernel,
    Mapping,
    Walk,
    aliases,
    census,
    of_guest,
    problems,
    top_level_tables,
    walk,
)
from rig.testing.system import Context, system_test

from ._shell import answer, wait_for_shell

# arch/x86-xenpv/source/layout.h and libos's layout.hpp
_KERNEL_BASE = 0xFFFF_FFFF_8000_0000
_WINDOW_BASE = 0xFFFF_8800_0000_0000
_P2M_BASE = 0xFFFF_9000_0000_0000
_USER = range(0x1000_0000, 0x4000_0000)
_DIRECTORY, _REGION = 0x10000, 1 << 39  # kernel/abi/lavandin/abi/group.hpp
_CLOCK_PAGE = "clock_page_frame"  # arch/x86-xenpv/source/clock.cpp
_LEAST_PROCESSES = 7  # init, memory, names, console, log, shell, sleep
_INVALID = 1 << 63  # a physical-to-machine entry of a frame that is not there


def _symbol(preset: str, name: str) -> int:
    """Its address; the name may be one that C++ has put its namespaces around."""
    mangled = f"{len(name)}{name}E"
    symbols = Elf(paths.kernel(preset)).symbols()
    (found,) = [s.address for s in symbols if s.name == name or s.name.endswith(mangled)]
    return found


def _guest_frames(machine: Machine, kernel: Walk) -> set[int]:
    """All frames of the guest, by its physical-to-machine table."""
    frames: set[int] = set()
    for mapping in kernel.mappings:
        if _P2M_BASE <= mapping.address < _P2M_BASE + (1 << 39):
            words = struct.unpack("<512Q", read_frame(machine, mapping.frame))
            frames.update(word for word in words if not word & _INVALID)
    return frames


def _accounts(machine: Machine, table: int, gs_base: int) -> set[int]:
    """Addresses of the pages of processors' accounts."""
    view = OutsideView(KernelMemory(machine, table).read, gs_base)
    return {processor.accounts & -PAGE for processor in view.processors()}


def _kernel(machine: Machine, table: int, preset: str, accounts: set[int]) -> Kernel:
    """The kernel's side. Beyond its image it maps the boot image and the console's ring; the tables
    that the domain builder made lie there, too."""
    found = walk(functools.partial(read_frame, machine), table)
    end, clock = _symbol(preset, "kernel_end"), _symbol(preset, _CLOCK_PAGE)
    beyond = [m for m in found.mappings if m.address >= end and m.frame not in found.tables]
    return Kernel(
        owned=_guest_frames(machine, found),
        boot_image={m.frame for m in beyond if not m.writable},
        rings={m.frame for m in beyond if m.writable},
        clock={m.frame for m in found.mappings if m.address in (clock, clock + PAGE)},
        accounts={m.frame for m in found.mappings if m.address in accounts},
        walk=found,
    )


def _user_tables(machine: Machine, kernel: Kernel, known: int) -> list[int]:
    """The user tables of all processes: the kernel has its page tables mapped for reading."""
    in_window = {m.frame for m in kernel.walk.mappings if _slot_of_window(m) and not m.writable}
    return top_level_tables(functools.partial(read_frame, machine), known, in_window)


def _slot_of_window(mapping: Mapping) -> bool:
    return _WINDOW_BASE <= mapping.address < _P2M_BASE


def _check(machine: Machine, guest: Guest, preset: str, memory: int) -> None:
    wait_for_shell(guest)
    answer(guest, "bench-callee &")  # a member of a group
    answer(guest, "sleep --calling 1000 &")  # in the kernel again and again
    with stopped_in(machine, range(_KERNEL_BASE, _symbol(preset, "kernel_end"))) as processor:
        kernel_table = processor.table
        accounts = _accounts(machine, kernel_table, processor.gs_base)
    with stopped_in(machine, _USER) as processor:
        kernel = _kernel(machine, kernel_table, preset, accounts)
        tables = _user_tables(machine, kernel, processor.table)
        walks = [walk(functools.partial(read_frame, machine), table) for table in tables]
    assert processor.table in tables and kernel_table not in tables, (kernel_table, tables)
    users = [walk for walk in walks if any(not m.address >> 63 for m in walk.mappings)]
    lower = [m for walk in users for m in walk.mappings if not m.address >> 63]
    of_kernel = of_guest(kernel.walk.mappings)
    print(f"    {machine.mode}: the kernel's table maps {census(of_kernel)}; those of {len(users)} "
          f"processes {census(lower)}, {sum(m.marks != 0 for m in lower)} of them message buffers")
    found = [problem for walk in walks for problem in problems(kernel, walk)]
    found += aliases(kernel.walk, *walks)
    assert not found, "\n".join(found)
    # That there was something to see:
    assert kernel.clock & {m.frame for m in lower}, "nobody has the clock page"
    assert memory * 256 * 0.9 < len(kernel.owned) <= memory * 256, len(kernel.owned)
    assert len(users) >= _LEAST_PROCESSES, len(users)
    for mappings in (of_kernel, lower):
        assert {"r--", "rw-", "r-x"} <= {m.rights for m in mappings}
    assert sum(m.marks != 0 for m in lower) >= len(users), "a process without a message buffer"
    assert any(m.marks and m.address == _DIRECTORY for m in lower), "nobody is in a group"
    assert any(m.address >= _REGION and m.rights == "r-x" for m in lower), "no member has code"


@system_test("page tables of a running initial domain: W^X, nothing of the kernel", timeout=180)
def direct(context: Context) -> None:
    machine = context.machine("direct")
    guest = machine.create_guest(GuestConfig(memory=32))
    _check(machine, guest, context.preset, 32)


@system_test("page tables of a running domU: W^X, nothing of the kernel", timeout=180)
def in_a_domu(context: Context) -> None:
    guest = context.guest("full", memory=32)
    _check(context.shared, guest, context.preset, 32)
