# SPDX-License-Identifier: MIT
"""A guest's loads as the command line of its kernel, which starts the program `load`."""

from __future__ import annotations

from ..errors import RigError
from .scenario import Guest, Load

_MOST = 1000  # bytes; Xen hands 1,024 over (MAX_GUEST_CMDLINE)


def _microseconds(seconds: float) -> int:
    return round(seconds * 1e6)


def _group(load: Load, pinned: bool) -> str:
    words = [load.kind, f"threads={load.threads}"]
    words += [f"{key}={_microseconds(time)}" for key, time in load.times.items()]
    if load.jitter is not None:
        words.append(f"jitter={load.jitter}")
    if load.adaptive:
        words.append("adaptive=1")
    if pinned and load.kind != "idle":
        words.append("pinned=1")
    return ",".join(words)


def command_line(guest: Guest, duration: float, loops: int) -> str:
    """A guest that claims too much asks for all processors all the time; one that refuses pins its
    threads, so that its resource manager can give none back."""
    words = ["run=load", "--wait"]
    if "inflates" in guest.behaviour or "floods" in guest.behaviour:
        words.append("--ask")
    words += ["--loops", str(loops), str(_microseconds(duration))]
    words += [_group(load, "refuses" in guest.behaviour) for load in guest.loads]
    line = " ".join(words)
    if len(line) > _MOST:
        raise RigError(f"{guest.name}: its loads take {len(line)} of {_MOST} bytes to tell")
    return line


CALIBRATION = "run=load --calibrate"
