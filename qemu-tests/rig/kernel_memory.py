# SPDX-License-Identifier: MIT
"""A stopped machine's memory by the kernel's own addresses."""

from __future__ import annotations

import functools

from .errors import RigError
from .look_inside import read_frame
from .machine import Machine
from .page_walk import PAGE, of_guest, walk


class KernelMemory:
    """`table`: the frame of the kernel's top-level table. Right while the machine stands still."""

    def __init__(self, machine: Machine, table: int) -> None:
        self._read = functools.cache(functools.partial(read_frame, machine))
        self._frames = {m.address: m.frame for m in of_guest(walk(self._read, table).mappings)}

    def read(self, address: int, size: int) -> bytes:
        data = b""
        while len(data) < size:
            at = address + len(data)
            page, place = at & -PAGE, at % PAGE
            if page not in self._frames:
                raise RigError(f"{at:#x} is not mapped in the kernel")
            data += self._read(self._frames[page])[place : place + size - len(data)]
        return data
