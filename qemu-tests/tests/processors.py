# SPDX-License-Identifier: MIT
"""A second VCPU comes up and idles; and the CPU model with XSAVE."""

from __future__ import annotations

import time

from rig.machine import Guest, GuestConfig
from rig.testing.system import Context, system_test

from ._shell import expect_answer, wait_for_shell

_TWO = {"vcpus": 2, "command_line": "processors=2"}


def _second_idles(guest: Guest) -> None:
    wait_for_shell(guest)
    # In the kernel's log, because its line may come when the console has been handed over.
    expect_answer(guest, "dmesg", r"^processor 1: online$")


@system_test("a domU's second VCPU idles, blocked and without using time", timeout=180)
def second_in_a_domu(context: Context) -> None:
    guest = context.guest("full", memory=16, name="two", **_TWO)
    _second_idles(guest)
    rows = []
    for _ in range(2):
        listed = context.shared.dom0.run("xl vcpu-list two").output
        rows.append(next(row.split() for row in listed.split("\n") if row.split()[2:3] == ["1"]))
        time.sleep(1)
    assert all(row[4] == "-b-" for row in rows), rows
    assert rows[0][5] == rows[1][5], f"it used time: {rows}"


@system_test("an initial domain's second VCPU idles, on CPUs without and with XSAVE", timeout=180)
def second_in_direct_mode(context: Context) -> None:
    for cpu in (None, "Haswell-noTSX"):
        machine = context.machine("direct", cpu=cpu)
        guest = machine.create_guest(GuestConfig(memory=32, **_TWO))
        _second_idles(guest)
        expect_answer(guest, "fault divide", "division error")
        machine.stop()
