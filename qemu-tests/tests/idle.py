# SPDX-License-Identifier: MIT
"""An idle guest is left alone: nothing ticks while the shell waits at its prompt."""

from __future__ import annotations

import re

from rig.machine import Guest
from rig.testing.system import Context, system_test

from ._shell import expect_answer, wait_for_shell

_SECONDS = 10
# Deadlines that were met leave the timer as it was set, for one look that finds nothing. The
# longest of a start are those of transitions of processors (servers/resource_manager/wishes.cpp).
_SETTLING = 6
_VCPUS = (1, 4)
# The end of the sleep of the program that counts. Xen's clocks of two processors may differ on a
# busy host: what comes before its time by the guest's comes once more.
_MOST_TIMER_INTERRUPTS = 2
_OTHER_EVENTS = 1  # the console's backend may take the echo of the command late
_LAST_ROW = r"^page-table switches +\d+\r*\n"


def _counters(guest: Guest) -> dict[str, int]:
    guest.console.expect(_LAST_ROW, _SECONDS + 60)
    rows = re.findall(r"^([a-z -]*[a-z]) +(\d+)\r*$", guest.console.text, re.M)
    return {name: int(number) for name, number in rows}


@system_test("an idle guest takes no timer interrupts, on one VCPU and on several", timeout=180,
             processors=0)
def idle(context: Context) -> None:
    guests = [context.guest("full", memory=32, vcpus=vcpus) for vcpus in _VCPUS]
    for guest, vcpus in zip(guests, _VCPUS):
        wait_for_shell(guest)
        expect_answer(guest, "processors", rf"^ *{vcpus - 1} +online\b")
    for guest in guests:
        guest.console.send(f"sleep {_SETTLING}\n")
    for guest in guests:
        wait_for_shell(guest)
        guest.console.send(f"counters {_SECONDS} &\n")  # which leaves the shell at its prompt
    for guest, vcpus in zip(guests, _VCPUS):
        counted = _counters(guest)
        took = counted["microseconds"] / 1e6
        timer, events = counted["timer interrupts"], counted["events"]
        print(f"    {vcpus} VCPUs, {took:.1f} s of Xen's clock at the prompt: {timer} timer "
              f"interrupts, {events - timer} other events")
        assert took >= _SECONDS, took
        assert timer <= _MOST_TIMER_INTERRUPTS, f"{timer} timer interrupts with {vcpus} VCPUs"
        assert events - timer <= _OTHER_EVENTS, f"{events - timer} events with {vcpus} VCPUs"
