# SPDX-License-Identifier: MIT
"""Two domUs that both want more than one processor, which is all there is; deterministic, so that
Xen's counts of processor time can be compared."""

from __future__ import annotations

from rig import coop
from rig.full import FullMachine
from rig.machine import Guest, GuestConfig
from rig.testing.system import Context

from ._shell import answer, wait_for_shell

PATIENCE = 300  # real seconds: virtual time passes slowly


def machine_for_two(context: Context) -> FullMachine:
    machine = context.machine(
        "full",
        guests=2,
        guest_memory=64,
        deterministic=True,
        processors=1,
        programs=coop.programs(),
    )
    assert isinstance(machine, FullMachine)
    return machine


def busy_guest(machine: FullMachine, name: str) -> Guest:
    """With two virtual processors, and a thread for each that never rests."""
    config = GuestConfig(name=name, memory=32, vcpus=2, tsc_mode="native")
    guest = machine.create_guest(config)
    wait_for_shell(guest, PATIENCE)
    for _ in range(2):
        answer(guest, "work 1000 &", PATIENCE)
    return guest
