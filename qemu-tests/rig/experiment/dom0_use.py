# SPDX-License-Identifier: MIT
"""Which of dom0's programs used its processor, so that what measuring costs can be told from what
cooperation does."""

from __future__ import annotations

import re

from ..dom0 import Dom0
from ..errors import RigError

_SCRIPT = "grep -H . /proc/[0-9]*/comm /proc/[0-9]*/schedstat 2>/dev/null"
_LINE = re.compile(r"^/proc/(\d+)/(comm|schedstat):(.*)$", re.M)
Times = dict[int, tuple[str, float]]  # seconds run, by process


def parse(text: str) -> Times:
    names: dict[int, str] = {}
    ran: dict[int, float] = {}
    for process, kind, rest in _LINE.findall(text):
        if kind == "comm":
            names[int(process)] = rest.strip()
        else:
            ran[int(process)] = int(rest.split()[0]) / 1e9
    return {process: (names[process], time) for process, time in ran.items() if process in names}


def read(dom0: Dom0) -> Times:
    """Only the first thread of each counts; the programs in question have no other."""
    found = parse(dom0.run(_SCRIPT, 60, check=False).output)
    if not found:
        raise RigError("dom0 does not tell what its processes used")
    return found


def between(before: Times, after: Times) -> dict[str, float]:
    """Seconds by program."""
    sums: dict[str, float] = {}
    for process, (name, time) in after.items():
        then = before.get(process, (name, 0.0))
        sums[name] = sums.get(name, 0.0) + max(time - (then[1] if then[0] == name else 0.0), 0.0)
    return sums
