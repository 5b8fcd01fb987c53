# SPDX-License-Identifier: MIT
"""Who runs and who is ready, found in a stopped machine by the kernel's own description."""

from __future__ import annotations

from rig import look_inside
from rig.kernel_memory import KernelMemory
from rig.look_inside import stopped_in
from rig.machine import GuestConfig, Machine
from rig.outside_view import OutsideView, Processor
from rig.testing.system import Context, system_test

from ._shell import answer, wait_for_shell

_KERNEL = range(0xFFFF_FFFF_8000_0000, 0xFFFF_FFFF_8008_0000)
_BUSY = 5
_ATTEMPTS = 20


def _look(machine: Machine) -> tuple[list[Processor], set[str]]:
    with stopped_in(machine, _KERNEL) as processor:
        view = OutsideView(KernelMemory(machine, processor.table).read, processor.gs_base)
        return view.processors(), {thread.name for thread in view.threads()}


@system_test("a stopped machine's threads are found by the kernel's own description", timeout=180)
def found(context: Context) -> None:
    machine = context.machine("direct")
    guest = machine.create_guest(GuestConfig(memory=32, vcpus=2, command_line="processors=2"))
    wait_for_shell(guest)
    for _ in range(_BUSY):
        answer(guest, "sleep --calling 1000 &")
    assert len(look_inside.processors(machine)) == machine.options.processors
    for _ in range(_ATTEMPTS):
        processors, names = _look(machine)
        # In the middle of a switch nobody may be current.
        if not any(p.locked for p in processors) and all(p.current for p in processors):
            break
    else:
        raise AssertionError(f"never at rest: {processors}")
    print(f"    found: {processors}; threads of {sorted(names)}")
    assert [p.number for p in processors] == [0, 1]
    assert {"init", "console", "shell", "sleep"} <= names, names
    busy = [p.current for p in processors]
    for p in processors:
        ready = [thread for threads in p.ready.values() for thread in threads]
        assert len(ready) == p.length, p
        busy += ready
    sleeps = {t.identifier for t in busy if t.name == "sleep"}
    assert len(sleeps) == _BUSY, f"{_BUSY} threads run or are ready: {processors}"
