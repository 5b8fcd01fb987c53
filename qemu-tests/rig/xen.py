# SPDX-License-Identifier: MIT
"""The hypervisor: its image, command line, and what its messages say of the initial domain."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from . import cache, packages, paths
from .errors import RigError
from .machine import MachineOptions

CONSOLE = "console=com1 com1=115200,8n1 no-real-mode"
VERBOSE = "loglvl=all guest_loglvl=all sync_console"
QUIET = "loglvl=info guest_loglvl=info"
# Xen 4.17's credit2 leaves a runnable VCPU alone for ever when its credit is at the minimum (it ran
# for 20 ms at a stretch, as all do while the host is busy elsewhere), its last processor sleeps and
# another looks for work: the idle VCPU's credit is the minimum less one, and a VCPU is only taken
# from another processor if it has this many microseconds more than that (runq_candidate).
SCHEDULER = "sched_credit2_migrate_resist=0"

# What Xen prints when the initial domain ends, and the reason that the domain gave.
_ENDINGS = (
    (re.compile(r"Hardware Dom\d+ crashed"), "crash"),
    (re.compile(r"Hardware Dom\d+ halted"), "poweroff"),
    (re.compile(r"Hardware Dom\d+ shutdown: rebooting"), "reboot"),
    (re.compile(r"Hardware Dom\d+ shutdown: watchdog"), "watchdog"),
)
# What Lavandin's port says when it asks Xen for a restart where it was asked for a power-off
# (arch/x86-xenpv/source/machine.cpp).
_POWER_OFF = "power off: Xen would leave the machine halted"
_SYMBOLS = "xen-hypervisor-4.17-amd64-dbg"
_PANIC = re.compile(r"Panic on CPU \d+:")
_DUMP_BEGIN = re.compile(r"(Domain \d+ \(vcpu#\d+\) crashed on cpu|Panic on CPU|Xen BUG at)")


def image() -> Path:
    """Xen as the uncompressed ELF32 that QEMU's -kernel takes, made once from the package."""
    (packed,) = sorted((paths.PACKAGES / "xen-hypervisor-4.17-amd64" / "boot").glob("xen-*.gz"))[:1]
    version = packages.version_of("xen-hypervisor") + "\n"

    def make(file: Path) -> None:
        file.write_bytes(gzip.decompress(packed.read_bytes()))

    return cache.made("xen", version, make)


def symbols() -> Path | None:
    """Xen with its symbols, or None when they cannot be had or are another version's."""
    try:
        packages.ensure("gdb")
    except RigError:
        return None
    if packages.version_of(_SYMBOLS) != packages.version_of("xen-hypervisor"):
        return None
    found = sorted((paths.PACKAGES / _SYMBOLS / "usr/lib/debug/boot").glob("xen-syms-*"))
    return found[0] if found else None


def command_line(options: MachineOptions, *more: str) -> str:
    verbosity = VERBOSE if options.xen_verbose else QUIET
    words = [CONSOLE, verbosity, SCHEDULER, *more, options.xen_command_line]
    return " ".join(word for word in words if word)


def ending(text: str) -> str | None:
    """Why the initial domain ended, or "panic" when Xen itself did, from Xen's messages."""
    if _PANIC.search(text):
        return "panic"
    return next((reason for pattern, reason in _ENDINGS if pattern.search(text)), None)


def asked_for(reason: str, said: str) -> str:
    """What the initial domain was asked for, when Xen says that it ended for `reason`; `said` is
    what it said itself."""
    return "poweroff" if reason == "reboot" and _POWER_OFF in said else reason


def crash_dump(text: str) -> str:
    """The part of Xen's messages that begins with a crash, or nothing."""
    found = _DUMP_BEGIN.search(text)
    return text[text.rfind("\n", 0, found.start()) + 1 :].rstrip() if found else ""
