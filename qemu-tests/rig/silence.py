# SPDX-License-Identifier: MIT
"""A dom0 that does not answer: what Xen, QEMU and dom0's kernel say of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from . import paths
from .console import Console
from .errors import RigError

_MONITOR = (
    "info status",
    "info registers -a",
    "info registers -a",  # twice: does it move?
    "info lapic",
    "info pic",
    "info irq",
    "info chardev",
)
_SWITCH = b"\x01\x01\x01"  # Ctrl-A three times: the keyboard is Xen's, or dom0's again
# Run queues, timers, domains, event channels, registers, interrupts, IO-APIC. `0` comes late: it
# pauses dom0's VCPU and lets it go again, which can be what it needed.
_XEN_KEYS = b"raqed0iz"
# dom0's kernel takes a SysRq key after Ctrl-O: messages to the console, blocked tasks, all tasks.
_SYSRQ_KEYS = (b"\x0f8", b"\x0fw", b"\x0ft")
_QUIET = 0.5  # seconds without a word after which an answer is over
_MOST = 5.0  # seconds for an answer


def report(
    monitor: Callable[[str], str],
    serial: Callable[[bytes], None],
    consoles: Sequence[Console],
    logs: Path,
) -> str:
    """Asks QEMU's monitor, then through the first serial port Xen's debug keys and dom0's SysRq.
    Leaves it all in the logs and answers where; never raises."""
    file = logs / "dom0-silent.log"
    with file.open("w") as out:
        try:
            for command in _MONITOR:
                out.write(f"### {command}\n{monitor(command)}\n")
            before = [len(console.text) for console in consoles]
            _type(serial, consoles)
            for console, begin in zip(consoles, before):
                out.write(f"### {console.name}\n{console.text[begin:]}\n")
        except (RigError, OSError) as error:
            out.write(f"(could not look further: {error})\n")
    return f"what Xen and QEMU say of it is in {_shown(file)}"


def _type(serial: Callable[[bytes], None], consoles: Sequence[Console]) -> None:
    keys = [_SWITCH, *(bytes([key]) for key in _XEN_KEYS), _SWITCH, *_SYSRQ_KEYS]
    for key in keys:
        began = time.monotonic()
        serial(key)
        while time.monotonic() - began < _MOST:
            time.sleep(_QUIET / 5)
            last = max(began, *(console.last_output for console in consoles))
            if time.monotonic() - last > _QUIET:
                break


def _shown(file: Path) -> str:
    return str(file.relative_to(paths.ROOT) if file.is_relative_to(paths.ROOT) else file)
