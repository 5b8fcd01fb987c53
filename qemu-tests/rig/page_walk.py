# SPDX-License-Identifier: MIT
"""Walks x86-64 page tables in a machine's physical memory, from outside.

Paravirtual guests run in ring 3 in both modes, so what counts is what ring 3 may do: effective
rights are those that every level grants (AMD64 manual, volume 2, section 5.6)."""

from __future__ import annotations

import functools
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

PAGE = 4096
ENTRIES = 512
UPPER_HALF = 256  # first slot of the top level that belongs to Xen and the kernel
XEN_SLOTS = range(256, 272)  # xen/arch-x86/xen-x86_64.h: hypervisor's in every table

_PRESENT, _WRITABLE, _USER, _LARGE = 1 << 0, 1 << 1, 1 << 2, 1 << 7
_NO_EXECUTE = 1 << 63
_FRAME = (1 << 52) - PAGE
_TABLE = struct.Struct(f"<{ENTRIES}Q")

# The kernel marks pages that it owns and maps for a process, too: message buffers.
KERNEL_OWNED = 1 << 9

ReadFrame = Callable[[int], bytes]


@dataclass(frozen=True)
class Mapping:
    """One page, or a large one, that ring 3 can reach."""

    address: int
    frame: int
    size: int
    writable: bool
    executable: bool
    marks: int  # bits 9 to 11 of the last entry, for software

    @property
    def rights(self) -> str:
        return "r" + ("w" if self.writable else "-") + ("x" if self.executable else "-")


@dataclass
class Walk:
    """All that a top-level table leads to."""

    mappings: list[Mapping] = field(default_factory=list)
    tables: set[int] = field(default_factory=set)  # frames, the top included
    top_slots: set[int] = field(default_factory=set)  # present, whether reachable or not

    def frames(self) -> set[int]:
        return {m.frame + page for m in self.mappings for page in range(m.size // PAGE)}


def walk(read_frame: ReadFrame, top: int) -> Walk:
    """Follows the table in frame `top`. What ring 3 cannot reach is not followed."""
    result = Walk(tables={top})
    read = functools.cache(lambda frame: _TABLE.unpack(read_frame(frame)))
    for slot, entry in enumerate(read(top)):
        if entry & _PRESENT:
            result.top_slots.add(slot)
    result.mappings.extend(_descend(read, result.tables, top, 4, 0, True, True))
    return result


def _descend(
    read: Callable[[int], tuple[int, ...]],
    tables: set[int],
    table: int,
    level: int,
    base: int,
    writable: bool,
    executable: bool,
) -> Iterator[Mapping]:
    for slot, entry in enumerate(read(table)):
        if entry & (_PRESENT | _USER) != _PRESENT | _USER:
            continue
        size = PAGE << 9 * (level - 1)
        address = base + slot * size
        if level == 4 and slot >= UPPER_HALF:
            address |= 0xFFFF << 48
        may_write = writable and bool(entry & _WRITABLE)
        may_execute = executable and not entry & _NO_EXECUTE
        frame = (entry & _FRAME) // PAGE
        if level == 1 or entry & _LARGE:
            frame &= ~(size // PAGE - 1)  # a large page's entry has more flags there
            yield Mapping(address, frame, size, may_write, may_execute, entry & 0xE00)
            continue
        # In a table that is reached twice, entries still differ by the path to them.
        tables.add(frame)
        yield from _descend(read, tables, frame, level - 1, address, may_write, may_execute)


def _slot(address: int) -> int:
    return address >> 39 & ENTRIES - 1


def of_guest(mappings: list[Mapping]) -> list[Mapping]:
    """Those outside Xen's own part."""
    return [m for m in mappings if _slot(m.address) not in XEN_SLOTS]


@dataclass(frozen=True)
class Kernel:
    """What is known of the kernel's own table: frames by what they are."""

    owned: set[int]  # all the guest's frames, from its physical-to-machine table
    boot_image: set[int]  # which both sides may read
    rings: set[int]  # shared with other domains; a server maps them, too
    clock: set[int]  # the clock page, for all to read
    accounts: set[int]  # of processors, for some to read
    walk: Walk

    def private(self) -> set[int]:
        frames = {m.frame for m in of_guest(self.walk.mappings)}
        return (
            frames - self.boot_image - self.rings - self.clock - self.accounts
        ) | self.walk.tables


def problems(kernel: Kernel, user: Walk) -> list[str]:
    """What is not as it must be, one line each; empty when all is well."""
    found = []
    for name, table in (("kernel", kernel.walk), ("user", user)):
        for m in table.mappings:
            if m.writable and m.executable:
                found.append(f"{name} table: {m.address:#x} is writable and executable")
    found += aliases(kernel.walk, user)
    if beyond := sorted(user.top_slots - set(range(UPPER_HALF)) - set(XEN_SLOTS)):
        found.append(f"user table: slots {beyond} of the kernel's half are in use")
    private = kernel.private() | user.tables
    for m in user.mappings:
        if m.address >> 63:
            if set(range(m.frame, m.frame + m.size // PAGE)) & kernel.owned:
                found.append(f"user table: {m.address:#x} in Xen's part reaches a frame of ours")
        elif m.marks & KERNEL_OWNED:
            if m.executable or m.frame in kernel.walk.tables | user.tables:
                found.append(f"user table: {m.address:#x} is no message buffer, but marked as one")
        elif m.frame in private:
            found.append(f"user table: {m.address:#x} reaches the kernel's frame {m.frame:#x}")
        elif m.frame in kernel.boot_image and m.writable:
            found.append(f"user table: {m.address:#x} can write the boot image")
        elif m.frame in kernel.clock and (m.writable or m.executable):
            found.append(f"user table: {m.address:#x} can write or execute the clock page")
        elif m.frame in kernel.accounts and (m.writable or m.executable):
            found.append(f"user table: {m.address:#x} can write or execute accounts")
    return found


def top_level_tables(read_frame: ReadFrame, known: int, candidates: set[int]) -> list[int]:
    """Those of the frames that are top-level tables: Xen puts its own entries, the same in each,
    into them. `known` is one of them."""
    part = slice(XEN_SLOTS.start + 4, XEN_SLOTS.stop)  # without the linear map, which differs
    xens = _TABLE.unpack(read_frame(known))[part]
    return sorted(f for f in candidates if _TABLE.unpack(read_frame(f))[part] == xens)


def aliases(*walks: Walk) -> list[str]:
    """Frames that are writable at one address and executable at another, in whichever table."""
    everything = [m for each in walks for m in of_guest(each.mappings)]
    writable = {m.frame: m.address for m in everything if m.writable}
    return [
        f"frame {m.frame:#x} is executable at {m.address:#x}, writable at {writable[m.frame]:#x}"
        for m in everything
        if m.executable and not m.writable and m.frame in writable
    ]


def census(mappings: list[Mapping]) -> str:
    """`3 r--, 2 rw-, 1 r-x`, in pages."""
    counts: dict[str, int] = {}
    for m in mappings:
        counts[m.rights] = counts.get(m.rights, 0) + m.size // PAGE
    return ", ".join(f"{count} {rights}" for rights, count in sorted(counts.items())) or "none"
