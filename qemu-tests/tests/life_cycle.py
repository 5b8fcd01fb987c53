# SPDX-License-Identifier: MIT
"""How a guest ends, by its own commands and by `xl`'s, and how it stands still."""

from __future__ import annotations

import re
import time

from rig.machine import GuestConfig
from rig.testing.system import Context, system_test

from ._shell import answer, expect_answer, wait_for_shell


def _state(context: Context, name: str) -> str:
    """The six letters of `xl list`, r b p s c d."""
    return context.shared.dom0.run(f"xl list {name} | tail -n 1").output.split()[-2]


@system_test("poweroff and reboot, typed in a domU", timeout=180)
def typed_in_a_domu(context: Context) -> None:
    for command, reason in (("poweroff", "poweroff"), ("reboot", "reboot")):
        guest = context.guest("full", memory=16, name=command)
        wait_for_shell(guest)
        guest.console.send(f"{command}\n")
        context.expect_end(guest, reason)


@system_test("poweroff and reboot, typed in the initial domain", timeout=180)
def typed_in_direct_mode(context: Context) -> None:
    for command in ("poweroff", "reboot"):
        machine = context.machine("direct")
        guest = machine.create_guest(GuestConfig(memory=16))
        wait_for_shell(guest)
        guest.console.send(f"{command}\n")
        assert machine.qemu.wait(90), f"{command}: QEMU did not end\n{guest.console.tail()}"
        context.expect_end(guest, command)


@system_test("xl shutdown ends a domU, also a busy one", timeout=180)
def xl_shutdown(context: Context) -> None:
    for busy in (False, True):
        guest = context.guest("full", memory=16, name=f"busy-{busy}")
        wait_for_shell(guest)
        if busy:
            answer(guest, "sleep --busy 1000 &")
        context.shared.dom0.run(f"xl shutdown -w {guest.name}")
        context.expect_end(guest, "poweroff")


@system_test("xl reboot brings a domU back, and so does reboot", timeout=180)
def rebooted(context: Context) -> None:
    guest = context.guest("full", memory=16, name="phoenix", on_reboot="restart")
    wait_for_shell(guest)
    dom0 = context.shared.dom0
    for reboot in (lambda: dom0.run("xl reboot phoenix"), lambda: guest.console.send("reboot\n")):
        before = dom0.run("xl domid phoenix").output
        reboot()
        guest.console.expect("Lavandin on ")
        wait_for_shell(guest)
        assert dom0.run("xl domid phoenix").output != before, "it is the same domain"
        expect_answer(guest, "echo born again", "^born again$")
    assert not guest.ended, "it was restarted, and counts as ended"
    guest.console.send("poweroff\n")
    context.expect_end(guest, "poweroff")


@system_test("xl pause holds a domU, xl unpause lets it go on", timeout=180)
def xl_pause(context: Context) -> None:
    guest = context.guest("full", memory=16, name="sleeper")
    wait_for_shell(guest)
    dom0 = context.shared.dom0
    dom0.run("xl pause sleeper")
    assert "p" in _state(context, "sleeper")
    guest.console.send("echo awake\n")
    time.sleep(1)
    assert "awake" not in guest.console.text, "a paused guest answered"
    dom0.run("xl unpause sleeper")
    guest.console.expect("^awake\r?$")
    assert "p" not in _state(context, "sleeper")
    wait_for_shell(guest)
    expect_answer(guest, "sleep 1", "^$")  # its timers still run


@system_test("xl destroy ends a domU at once", timeout=180)
def xl_destroy(context: Context) -> None:
    guest = context.guest("full", memory=16, name="doomed")
    wait_for_shell(guest)
    answer(guest, "sleep --busy 1000 &")
    context.shared.dom0.run("xl destroy doomed")
    context.expect_end(guest, "gone")
    listed = context.shared.dom0.run("xl list").output
    assert not re.search(r"^doomed ", listed, re.M), listed
