# SPDX-License-Identifier: MIT
"""coopd in the rig's dom0: what it sees of Xen, what it leaves behind."""

from __future__ import annotations

import re

from rig import coop
from rig.full import FullMachine
from rig.machine import GuestConfig
from rig.testing.system import Context, system_test

from ._shell import answer, wait_for_shell

_NEEDS = (coop.programs,)


def _machine(context: Context, guests: int) -> FullMachine:
    machine = context.machine(
        "full", guests=guests, guest_memory=64 * guests, programs=coop.programs()
    )
    assert isinstance(machine, FullMachine)
    return machine


def _weights(machine: FullMachine) -> dict[str, tuple[int, int]]:
    """Weight and cap by domain, as Xen has them."""
    listed = machine.dom0.run("xl sched-credit2 -s 2>/dev/null; xl sched-credit2").output
    rows = re.findall(r"^(\S+) +\d+ +(\d+) +(\d+) *$", listed, re.M)
    return {name: (int(weight), int(cap)) for name, weight, cap in rows}


@system_test("coopd lists domains that do not cooperate, and keeps their shares",
             timeout=300, needs=_NEEDS)
def not_cooperating(context: Context) -> None:
    machine = _machine(context, 2)
    turned_away = "[domain.one]\\nturn-away = true\\n[domain.two]\\nturn-away = true\\n"
    machine.dom0.run(f"printf '{turned_away}' >/tmp/coopd.toml")
    coop.start(machine.dom0, "--config /tmp/coopd.toml")
    guest = machine.create_guest(GuestConfig(name="one", memory=32, vcpus=1))
    other = machine.create_guest(GuestConfig(name="two", memory=32, vcpus=2))
    for each in (guest, other):
        wait_for_shell(each)
    machine.dom0.run("sleep 2")
    found = coop.status(machine.dom0)
    assert found["version"] == 1 and found["processors"] == 2, found
    names = [row["name"] for row in found["domains"]]
    assert names == ["Domain-0", "one", "two"], names
    for row in found["domains"][1:]:
        assert row["state"] == "running" and not row["claims"], row
        assert row["measured"]["time"] > 0, row
    entitled = [row["entitlement"] for row in found["domains"]]
    assert max(entitled) - min(entitled) <= 1 and sum(entitled) <= 2000, entitled
    assert found["domains"][2]["measured"]["vcpus"] == 2

    table = machine.dom0.run("coopctl status").output
    assert re.search(r"^1 +one +1/1 ", table, re.M), table
    # What runs is seen to run.
    answer(other, "work 60 &")
    machine.dom0.run("sleep 2")
    busy = coop.domain(machine.dom0, "two")
    assert busy["measured"]["use"] > 0, busy
    # Weights follow what runs, and may change between two looks.
    for _ in range(20):
        weight = coop.domain(machine.dom0, "two")["measured"]["weight"]
        if _weights(machine)["two"][0] == weight:
            return
    raise AssertionError("what coopd shows as weight is not Xen's")


@system_test("coopd ends in good order by SIGTERM, and starts again after SIGKILL",
             timeout=300, needs=_NEEDS)
def ends(context: Context) -> None:
    machine = _machine(context, 1)
    dom0 = machine.dom0
    machine.create_guest(GuestConfig(name="one", memory=32, vcpus=2))
    dom0.run("xl sched-credit2 -d one -w 512")
    before = _weights(machine)
    assert before["one"] == (512, 0), before
    coop.start(dom0, "--record /tmp/record")
    for _ in range(2):
        dom0.run("sleep 1")
        assert coop.domain(dom0, "one")["operator"]["weight"] == 512
        assert _weights(machine)["one"][0] != 512
        coop.stop(dom0, "KILL")
        dom0.run("coopctl status", check=False)
        coop.start(dom0, "--record /tmp/record")
    assert "another coopd runs" in dom0.run("coopd", check=False).output
    coop.stop(dom0)
    assert _weights(machine) == before, _weights(machine)
    left = dom0.run(
        "ls /run/coopd.sock 2>/dev/null; xenstore-ls -f | "
        "grep -E '^/local/domain/[0-9]+/cooperation/'; true"
    ).output
    assert not left, left
    replayed = dom0.run("coopctl replay /tmp/record/policy.jsonl").output
    assert re.search(r"^[1-9]\d* steps, \d+ actions, 0 steps differ$", replayed, re.M), replayed
    missing = dom0.run("coopctl status", check=False)
    assert missing.status == 1 and "is coopd running?" in missing.output, missing


@system_test("a destroyed domain leaves nothing behind while coopd runs", timeout=300,
             needs=_NEEDS)
def destroyed(context: Context) -> None:
    machine = _machine(context, 1)
    dom0 = machine.dom0
    coop.start(dom0)
    for number in range(3):
        guest = machine.create_guest(GuestConfig(name=f"guest-{number}", memory=32))
        wait_for_shell(guest)
        assert coop.domain(dom0, guest.name)["state"] == "running"
        machine.destroy_guest(guest)
        dom0.run("sleep 1")
        listed = dom0.run("xl list").output
        assert "(null)" not in listed and guest.name not in listed, listed
        names = [row["name"] for row in coop.status(dom0)["domains"]]
        assert names == ["Domain-0"], names


@system_test("coopd's and coopctl's command lines explain themselves", timeout=200,
             needs=_NEEDS)
def command_lines(context: Context) -> None:
    dom0 = _machine(context, 1).dom0
    for command, words in (
        ("coopd --help", ("--config", "--dry-run", "--record")),
        ("coopctl --help", ("status", "watch", "request", "reclaim", "policy", "replay")),
        ("coopctl watch --help", ("--interval", "--count", "--json")),
    ):
        text = dom0.run(command).output
        assert all(word in text for word in words), text
    for wrong in (
        "coopd --interval 0",
        "coopd --policy mine",
        "coopd --config /none",
        "coopd --pool 7",
        "coopctl",
        "coopctl dance",
        "coopctl request one",
        "coopctl replay /none",
    ):
        result = dom0.run(wrong, check=False)
        assert result.status and result.output, f"{wrong}: {result}"
