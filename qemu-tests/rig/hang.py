# SPDX-License-Identifier: MIT
"""Where a machine that does not answer is: each processor's instruction pointer, symbolised."""

from __future__ import annotations

import re

from .errors import RigError
from .machine import Guest, Machine

_PROCESSOR = re.compile(r"CPU#(\d+)")
_POINTER = re.compile(r"\bRIP=([0-9a-f]{16}).*?CPL=(\d).*?HLT=(\d)", re.S)


def report(machine: Machine, guest: Guest) -> str:
    """The guest's last lines and where the processors are. In full mode, its VCPUs by xenctx."""
    parts = [f"{guest.name}'s last lines:", guest.console.tail(12)]
    try:
        if machine.mode == "full":
            parts.append(guest.crash_report())
        else:
            parts.append(processors(machine, guest))
    except (RigError, OSError) as error:
        parts.append(f"(could not look further: {error})")
    return "\n".join(parts)


def processors(machine: Machine, guest: Guest) -> str:
    """One line per processor of the machine, from QEMU's monitor."""
    lines = []
    text = machine.qemu.monitor("info registers -a")
    for number, registers in zip(_PROCESSOR.findall(text), _PROCESSOR.split(text)[2::2]):
        found = _POINTER.search(registers)
        if found:
            pointer, level, halted = found.groups()
            where = guest.symboliser.text(f"[<{pointer}>]")
            state = "halted" if halted == "1" else f"ring {level}"
            lines.append(f"processor {number}: {state} at {where}")
    return "\n".join(lines)
