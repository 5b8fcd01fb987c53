# SPDX-License-Identifier: MIT
"""How far the host let the machine run. The machine's clock goes on while its threads wait for one
of the host's processors; the guests then do less in the same time, whatever the set-up is."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..errors import RigError

_PROCESSES = Path("/proc")
_NANOSECONDS = 1e9


@dataclass(frozen=True)
class Host_time:
    """Seconds that passed, and that threads of a process ran and waited for a processor."""

    passed: float
    ran: float
    waited: float

    def disturbance(self) -> float:
        """Part of the time that they wanted to run in which they were kept waiting."""
        wanted = self.ran + self.waited
        return self.waited / wanted if wanted else 0.0


def parse(line: str) -> tuple[float, float]:
    """Of a thread's `schedstat` (Linux: Documentation/scheduler/sched-stats.rst): ran, waited."""
    ran, waited, *_ = map(int, line.split())
    return ran / _NANOSECONDS, waited / _NANOSECONDS


class Watch:
    """Of a process, from its making on. What threads did that ended meanwhile is not counted."""

    def __init__(self, process: int, folder: Path = _PROCESSES) -> None:
        self._folder = folder / str(process) / "task"
        self._began = time.monotonic()
        self._then = self._threads()

    def _threads(self) -> dict[str, tuple[float, float]]:
        found = {}
        for thread in self._folder.iterdir():
            try:
                found[thread.name] = parse((thread / "schedstat").read_text())
            except OSError:
                pass  # it ended, or this kernel does not count
        return found

    def read(self) -> Host_time:
        ran = waited = 0.0
        for name, now in self._threads().items():
            then = self._then.get(name, (0.0, 0.0))
            ran += now[0] - then[0]
            waited += now[1] - then[1]
        return Host_time(time.monotonic() - self._began, ran, waited)


def _set(process: int, niceness: int) -> None:
    folder = _PROCESSES / str(process)
    for thread in (folder / "task").iterdir():
        os.setpriority(os.PRIO_PROCESS, int(thread.name), niceness)
    # QEMU's first thread raises the machine's timer interrupts. Those of a machine of its own come
    # when they are due, whatever its processors do; that thread would wait for a tick of the host.
    if niceness < 0:
        flags = os.SCHED_RR | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(process, flags, os.sched_param(1))
    else:
        os.sched_setscheduler(process, os.SCHED_OTHER, os.sched_param(0))
    # Linux weighs sessions first where it groups them (sched(7), The autogroup feature).
    group = folder / "autogroup"
    if group.exists():
        group.write_text(str(niceness))


@contextlib.contextmanager
def priority(process: int, niceness: int) -> Iterator[None]:
    """Gives a process, which leads its session, another niceness for a while; 0 changes nothing."""
    if niceness == 0:
        yield
        return
    try:
        _set(process, niceness)
    except OSError as error:
        raise RigError(f"QEMU cannot have the niceness {niceness}: {error}") from error
    try:
        yield
    finally:
        _set(process, 0)
