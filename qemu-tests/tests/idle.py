# SPDX-License-Identifier: MIT
"""An idle guest is left alone: nothing ticks while the shell waits at its prompt."""

from __future__ import annotations

import re
import time

from rig.machine import Guest
from rig.testing.system import Context, system_test

from ._shell import answer, wait_for_shell

_SECONDS = 10


def _counters(guest: Guest) -> dict[str, int]:
    rows = re.findall(r"^([a-z -]+?) +(\d+)$", answer(guest, "counters"), re.M)
    return {name: int(number) for name, number in rows}


@system_test("an idle guest takes no timer interrupts", timeout=180, processors=0)
def idle(context: Context) -> None:
    guest = context.guest("full", memory=32)
    wait_for_shell(guest)
    samples = []
    for pause in (0, 0, _SECONDS):
        time.sleep(pause)  # at the prompt
        samples.append(_counters(guest))
    _, before, after = samples
    took = (after["microseconds"] - before["microseconds"]) / 1e6
    assert took >= _SECONDS, took
    # What typing the command and running the program takes is counted, too: measured without pause.
    for name, more in (("timer interrupts", 2), ("events", 12)):
        busy, idle_too = (
            later[name] - sooner[name] for sooner, later in zip(samples, samples[1:])
        )
        print(f"    {name} in {took:.1f} s of Xen's clock at the prompt: {idle_too}, of which "
              f"about {busy} for reading the counters")
        assert idle_too <= busy + more, f"{idle_too} {name}, {busy} without the pause"
