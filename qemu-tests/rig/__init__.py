# SPDX-License-Identifier: MIT
"""The rig: Lavandin on Xen on QEMU, behind one interface for both ways of booting it.

    with rig.start("full", MachineOptions(guest_memory=64)) as machine:
        guest = machine.create_guest(GuestConfig(command_line="run=conformance"))
        guest.console.expect(r"TAP version")
        reason = guest.wait_for_shutdown(timeout=60)
        print(machine.dom0.run("xl list").output)
"""

from .machine import GuestConfig, Machine, MachineOptions
from .modes import start

__all__ = ["GuestConfig", "Machine", "MachineOptions", "start"]
