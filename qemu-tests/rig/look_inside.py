# SPDX-License-Identifier: MIT
"""Looking into a running machine through QEMU's monitor: stop it at code of one's choice, read its
registers and its physical memory."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass

from .errors import TimedOut
from .machine import Machine
from .page_walk import PAGE

_PROCESSOR = re.compile(
    r"RIP=([0-9a-f]{16}).*?CPL=(\d).*?HLT=(\d).*?^GS =\S+ ([0-9a-f]{16})"
    r".*?CR0=\S+ CR2=\S+ CR3=([0-9a-f]{16})",
    re.S | re.M,
)
_BETWEEN_LOOKS = 0.002  # seconds that the machine runs


@dataclass(frozen=True)
class Processor:
    instruction: int
    ring: int
    halted: bool
    gs_base: int
    table: int  # frame of the top-level page table


def processors(machine: Machine) -> list[Processor]:
    """What each processor of the machine does."""
    text = machine.qemu.monitor("info registers -a")
    return [
        Processor(int(at, 16), int(ring), halted == "1", int(gs, 16), int(table, 16) // PAGE)
        for at, ring, halted, gs, table in _PROCESSOR.findall(text)
    ]


@contextlib.contextmanager
def stopped_in(machine: Machine, code: range, timeout: float = 30) -> Iterator[Processor]:
    """The machine, stopped while one of its processors executes ring 3 code at these addresses.
    It is stopped at random moments until that is so. It goes on afterwards."""
    deadline = time.monotonic() + timeout
    try:
        while True:
            machine.qemu.monitor("stop")
            for processor in processors(machine):
                if processor.ring == 3 and processor.instruction in code:
                    yield processor
                    return
            if time.monotonic() > deadline:
                raise TimedOut(f"nobody executed code at {code.start:#x} to {code.stop:#x}")
            machine.qemu.monitor("cont")
            time.sleep(_BETWEEN_LOOKS)
    finally:
        machine.qemu.monitor("cont")


def read_frame(machine: Machine, frame: int) -> bytes:
    """The contents of a frame of physical memory."""
    file = machine.directory / "frame"  # QEMU's own directory, so a bare name will do there
    machine.qemu.monitor(f'pmemsave {frame * PAGE:#x} {PAGE} "frame"')
    data = file.read_bytes()
    file.unlink()
    return data
