# SPDX-License-Identifier: MIT
"""Xen's store as programs see it: what dom0 writes they read, and the other way round."""

from __future__ import annotations

import re

from rig.full import FullMachine
from rig.machine import GuestConfig
from rig.testing.system import Context, system_test

from ._shell import PROMPT, answer, expect_answer, wait_for_shell


@system_test("store: programs and dom0 see what the other writes", timeout=180)
def both_ways(context: Context) -> None:
    guest = context.guest("full", memory=16)
    wait_for_shell(guest)
    dom0 = context.shared.dom0
    number = dom0.run(f"xl domid {guest.name}").output.strip()
    home = f"/local/domain/{number}"

    expect_answer(guest, "xenstore read domid", rf"^{number}$")
    expect_answer(guest, f"xenstore read {home}/name", rf"^{guest.name}$")
    expect_answer(guest, "xenstore list control", "^shutdown$", "^feature-poweroff$")
    expect_answer(guest, "xenstore read data/none", "^xenstore: data/none: not found$")
    expect_answer(guest, "xenstore read /local/domain/0/name", "permission denied")

    # libxl makes `data` for the guest to write in.
    answer(guest, "xenstore write data/greeting 'from the guest'")
    found = dom0.run(f"xenstore-read {home}/data/greeting").output.strip()
    assert found == "from the guest", found
    dom0.run(f"xenstore-write {home}/data/greeting 'from dom0'")
    expect_answer(guest, "xenstore read data/greeting", "^from dom0$")

    answer(guest, "xenstore write data/a 1 data/b 2 data/c 3")  # a transaction
    found = dom0.run(f"xenstore-list {home}/data").output.split()
    assert {"a", "b", "c"} <= set(found), found
    answer(guest, "xenstore remove data/b")
    text = answer(guest, "xenstore list data")
    assert re.search("^a$", text, re.M) and not re.search("^b$", text, re.M), text
    answer(guest, "xenstore mkdir data/folder")
    dom0.run(f"xenstore-exists {home}/data/folder")

    dom0.run(f"xenstore-write {home}/data/large $(head -c 3000 /dev/zero | tr '\\0' x)")
    expect_answer(guest, "xenstore read data/large", "^xenstore: data/large: too large$")
    for wrong in ("", "read", "read a b", "write a", "write a b c", "nonsense a"):
        expect_answer(guest, f"xenstore {wrong}", "^usage: xenstore ", "^xenstore: status 2$")


@system_test("store: a watch reports changes, and goes with its program", timeout=180)
def watches(context: Context) -> None:
    guest = context.guest("full", memory=16)
    wait_for_shell(guest)
    dom0 = context.shared.dom0
    home = f"/local/domain/{dom0.run(f'xl domid {guest.name}').output.strip()}"
    for _ in range(3):
        guest.console.send("xenstore watch data\n")
        guest.console.expect(r"watch data\r*\n")
        guest.console.expect(r"^data\r?$")  # the first event comes at once
        for name in ("one", "two"):
            dom0.run(f"xenstore-write {home}/data/{name} x")
            guest.console.expect(rf"^data/{name}\r?$")
        guest.console.send(b"\x03")
        guest.console.expect(f"^{PROMPT}")
    # More than a client may have, one after the other: each was given back.
    for _ in range(10):
        guest.console.send("xenstore watch data\n")
        guest.console.expect(r"watch data\r*\n")
        guest.console.expect(r"^data\r?$")
        guest.console.send(b"\x03")
        guest.console.expect(f"^{PROMPT}")
    dom0.run(f"for i in $(seq 200); do xenstore-write {home}/data/flood $i; done")
    expect_answer(guest, "xenstore read data/flood", "^200$")
    dom0.run(f"xl shutdown {guest.name}")
    context.expect_end(guest, "poweroff")


@system_test("store: the initial domain has none, and programs say so", timeout=180)
def initial_domain(context: Context) -> None:
    guest = context.guest("direct")
    wait_for_shell(guest)
    expect_answer(guest, "xenstore read domid", "^xenstore: there is no store on this machine$")
    expect_answer(guest, "xenstore watch domid", "^xenstore: there is no store on this machine$")


@system_test("store: while xenstored is silent requests time out, then all goes on", timeout=240)
def silent(context: Context) -> None:
    machine = context.machine("full")  # of its own: nobody there can do without the store
    assert isinstance(machine, FullMachine)
    guest = machine.create_guest(GuestConfig(name="patient", memory=16))
    wait_for_shell(guest)
    number = machine.dom0.run("xl domid patient").output.strip()
    machine.dom0.run("kill -STOP $(cat /run/xenstored.pid)")
    expect_answer(guest, "xenstore read domid", "^xenstore: domid: timed out$")
    expect_answer(guest, "xenstore write data/a 1", "^xenstore: data/a: timed out$")
    expect_answer(guest, "echo still here", "^still here$")
    machine.dom0.run("kill -CONT $(cat /run/xenstored.pid)")
    expect_answer(guest, "xenstore read domid", rf"^{number}$")
    answer(guest, "xenstore write data/b 2")
    found = machine.dom0.run(f"xenstore-read /local/domain/{number}/data/b").output.strip()
    assert found == "2", found
