# SPDX-License-Identifier: MIT
"""Starting a machine, whichever way."""

from __future__ import annotations

from . import packages
from .direct import DirectMachine
from .errors import RigError
from .full import FullMachine
from .machine import Machine, MachineOptions

MODES = ("direct", "full")


def prepare() -> None:
    """What machines of both modes need, downloaded and installed."""
    packages.ensure_host("run")
    packages.ensure("xen", "dom0")


def start(mode: str, options: MachineOptions = MachineOptions()) -> Machine:
    """A machine of that mode, with what it needs downloaded first. In full mode dom0 is up when
    this returns; in direct mode QEMU starts with the guest."""
    packages.ensure_host("run")
    if mode == "direct":
        packages.ensure("xen")
        return DirectMachine(options)
    if mode == "full":
        packages.ensure("xen", "dom0")
        return FullMachine(options)
    raise RigError(f"no mode {mode!r}: choose from {', '.join(MODES)}")
