# SPDX-License-Identifier: MIT
"""Both page tables of a running guest, walked from outside: no page is writable and executable,
and from the user's table nothing of the kernel can be reached."""

from __future__ import annotations

import functools
import struct

from rig import paths
from rig.elf import Elf
from rig.look_inside import read_frame, stopped_in
from rig.machine import Guest, GuestConfig, Machine
from rig.page_walk import PAGE, Kernel, Walk, census, of_guest, problems, walk
from rig.testing.system import Context, system_test

from ._shell import answer, wait_for_shell

# arch/x86-xenpv/source/layout.h and libos's layout.hpp
_KERNEL_BASE = 0xFFFF_FFFF_8000_0000
_P2M_BASE = 0xFFFF_9000_0000_0000
_USER = range(0x1000_0000, 0x4000_0000)
_INVALID = 1 << 63  # a physical-to-machine entry of a frame that is not there


def _kernel_end(preset: str) -> int:
    symbols = Elf(paths.kernel(preset)).symbols()
    return next(symbol.address for symbol in symbols if symbol.name == "kernel_end")


def _guest_frames(machine: Machine, kernel: Walk) -> set[int]:
    """All frames of the guest, by its physical-to-machine table."""
    frames: set[int] = set()
    for mapping in kernel.mappings:
        if _P2M_BASE <= mapping.address < _P2M_BASE + (1 << 39):
            words = struct.unpack("<512Q", read_frame(machine, mapping.frame))
            frames.update(word for word in words if not word & _INVALID)
    return frames


def _look(machine: Machine, kernel_table: int, user_table: int, kernel_end: int) -> tuple:
    read = functools.partial(read_frame, machine)
    kernel_walk, user_walk = walk(read, kernel_table), walk(read, user_table)
    boot_image = {
        m.frame
        for m in kernel_walk.mappings
        if m.address >= kernel_end and m.rights == "r--" and m.frame not in kernel_walk.tables
    }
    owned = _guest_frames(machine, kernel_walk)
    return Kernel(owned, boot_image, kernel_walk), user_walk


def _check(machine: Machine, guest: Guest, preset: str, memory: int) -> None:
    wait_for_shell(guest)
    answer(guest, "sleep --busy 1000 &")  # which asks for the time again and again
    end = _kernel_end(preset)
    with stopped_in(machine, range(_KERNEL_BASE, end)) as processor:
        kernel_table = processor.table
    with stopped_in(machine, _USER) as processor:
        kernel, user = _look(machine, kernel_table, processor.table, end)
    assert processor.table != kernel_table, "kernel and user share their table"
    found = problems(kernel, user)
    lower = [m for m in user.mappings if not m.address >> 63]
    print(f"    {machine.mode}: kernel's table {census(of_guest(kernel.walk.mappings))}, "
          f"user's {census(lower)}; {len(kernel.walk.tables | user.tables)} tables, "
          f"{sum(m.marks != 0 for m in lower)} message buffers")
    assert not found, "\n".join(found)
    # That there was something to see:
    assert memory * 256 * 0.9 < len(kernel.owned) <= memory * 256, len(kernel.owned)
    images = [[m.rights for m in part] for part in (of_guest(kernel.walk.mappings), lower)]
    for rights in images:
        assert {"r--", "rw-", "r-x"} <= set(rights), rights
    assert any(m.marks for m in lower), "no message buffer"


@system_test("page tables of a running initial domain: W^X, nothing of the kernel", timeout=90)
def direct(context: Context) -> None:
    machine = context.machine("direct")
    guest = machine.create_guest(GuestConfig(memory=32))
    _check(machine, guest, context.preset, 32)


@system_test("page tables of a running domU: W^X, nothing of the kernel", timeout=120)
def in_a_domu(context: Context) -> None:
    guest = context.guest("full", memory=32)
    _check(context.shared, guest, context.preset, 32)
