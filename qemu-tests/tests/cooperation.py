# SPDX-License-Identifier: MIT
"""The guest's side of cooperation. Where nobody is on the other it says how to find it, asks
nobody, and its successor does the same; with coopd it gives and takes processors, and either side
may die. What coopd records of that is as the protocol's model allows."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

from rig import coop
from rig.dom0 import Dom0
from rig.full import FullMachine
from rig.machine import Guest, GuestConfig
from rig.testing import protocol_model
from rig.testing.system import Context, system_test

from ._shell import answer, expect_answer, wait_for_shell

_NEEDS = (coop.programs, protocol_model.install)
_RECORD = "/tmp/record"
_KEYS = ("version-least", "version-most", "guest-page-ref", "vmm-page-ref", "event-channel")


class _Home:
    """The domain's part of the store, as dom0 sees it."""

    def __init__(self, context: Context, guest: Guest) -> None:
        self._dom0 = context.shared.dom0
        number = self._dom0.run(f"xl domid {guest.name}").output.strip()
        self._folder = f"/local/domain/{number}/data/cooperation"

    def wait_until_ready(self) -> dict[str, int]:
        """The keys, once `state`, which is written last, says so."""
        state = ""
        for _ in range(60):
            state = self._dom0.run(f"xenstore-read {self._folder}/state", check=False).output
            if state.strip() == "ready":
                break
            time.sleep(0.5)
        assert state.strip() == "ready", state
        read = f"cd /; for key in {' '.join(_KEYS)}; do xenstore-read {self._folder}/$key; done"
        values = self._dom0.run(read).output.split()
        assert len(values) == len(_KEYS), values
        return {key: int(value) for key, value in zip(_KEYS, values)}


@system_test("cooperation: without a VMM side a guest is found, asks nobody, and goes on",
             timeout=240)
def alone(context: Context) -> None:
    guest = context.guest("full", memory=32, vcpus=2)
    wait_for_shell(guest)
    home = _Home(context, guest)
    first = home.wait_until_ready()
    assert first["version-least"] <= 1 <= first["version-most"], first
    assert first["guest-page-ref"] != first["vmm-page-ref"], first

    expect_answer(guest, "coop", "^cooperation +apart", "^in use +0-1$")
    expect_answer(guest, "coop request 2", "^coop: request: there is nobody to ask$")
    expect_answer(guest, "coop release 1", "^coop: release: there is nobody to ask$")
    for wrong in ("nonsense", "request", "request x", "request 65", "release 1 2 3"):
        expect_answer(guest, f"coop {wrong}", "^usage: coop ")
    expect_answer(guest, "coop --help", "^usage: coop ", "request N +asks")

    # The successor's references are others or the same; nothing of the old ones stays behind.
    for _ in range(3):
        number = re.search(r"^ *(\d+) .*resources", answer(guest, "ps"), re.M)
        assert number, answer(guest, "ps")
        expect_answer(guest, f"kill {number.group(1)}", "^$")
        expect_answer(guest, "coop", "^cooperation +apart")
        assert home.wait_until_ready() == first, "a grant or channel was left over"
    expect_answer(guest, "processors", "^ +0 online", "^ +1 online")


class _Pair:
    """A guest and coopd."""

    def __init__(self, context: Context, vcpus: int) -> None:
        machine = context.machine("full", guests=1, guest_memory=64, programs=coop.programs())
        assert isinstance(machine, FullMachine)
        self.machine = machine
        self.dom0 = machine.dom0
        coop.start(self.dom0, f"--record {_RECORD}")
        self.guest = machine.create_guest(GuestConfig(name="one", memory=48, vcpus=vcpus))
        wait_for_shell(self.guest)

    def wait(self, what: str, condition: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Until coopd's row of the guest is as wanted."""
        row: dict[str, Any] = {}
        for _ in range(120):
            rows = [each for each in coop.status(self.dom0)["domains"] if each["name"] == "one"]
            row = rows[0] if rows else {}  # coopd looks for domains once a second
            if row and condition(row):
                return row
            time.sleep(0.5)
        raise AssertionError(f"not {what}: {row}\n{answer(self.guest, 'coop')}")

    def met(self) -> int:
        """How often coopd connected to it."""
        return int(self.dom0.run(f"grep -c ': connected' {coop.LOG}", check=False).output)

    def join(self) -> dict[str, Any]:
        return self.wait("joined", lambda row: row["cooperating"] and row["claims"] is not None)

    def judge(self, *types: str) -> None:
        """Ends coopd; what it recorded has such messages, and keeps to the rules."""
        coop.stop(self.dom0)
        recording = self.dom0.run(f"cat {_RECORD}/protocol.jsonl", 120).output
        lines = protocol_model.judge(recording)
        for kind in types:
            assert f'"type":"{kind}"' in recording, f"no {kind} in {lines} lines"


def _in_use(row: dict[str, Any]) -> int:
    return bin(row["claims"]["online"]).count("1") if row["claims"] else 0


@system_test("cooperation: an idle guest gives its processors and gets them for work",
             timeout=500, needs=_NEEDS)
def together(context: Context) -> None:
    pair = _Pair(context, 3)
    pair.join()
    expect_answer(pair.guest, "coop", "^cooperation +joined", "reports takes gives parks")
    # It asks for fewer, unless the VMM side sees that first, and follows the reclaim.
    row = pair.wait("down to one", lambda row: _in_use(row) == 1)
    assert row["last"]["reclaim"] and row["last"]["done"], row["last"]
    assert row["claims"]["load"] in ("idle", "interactive"), row["claims"]
    # It works, asks for more and takes the offer.
    for _ in range(3):
        answer(pair.guest, "work 600 &")
    row = pair.wait("two for work", lambda row: _in_use(row) >= 2)
    assert row["last"]["offer"], row["last"]
    row = pair.wait("throughput", lambda row: row["claims"]["load"] == "throughput")
    assert row["claims"]["demand"] > 2000, row["claims"]
    expect_answer(pair.guest, "coop", r"offers: [1-9]", "^load +throughput")
    # By hand: the policy of the VMM side decides, and the outcome is shown.
    expect_answer(pair.guest, "coop request 2", "^(granted|partly|refused-now|later)")
    row = pair.wait("asked by hand", lambda row: row["last"]["request"] is not None)
    assert row["last"]["answer"], row["last"]
    numbers = re.findall(r"^ *(\d+) .* work$", answer(pair.guest, "ps"), re.M)
    assert len(numbers) == 3, numbers
    answer(pair.guest, f"kill {' '.join(numbers)}")
    expect_answer(pair.guest, "coop release 1", "^released [01] processors")
    pair.judge("hello", "welcome", "request", "answer", "offer", "reclaim", "done")


@system_test("cooperation: either side dies and the other goes on", timeout=500,
             needs=_NEEDS)
def restarts(context: Context) -> None:
    pair = _Pair(context, 4)
    first = pair.join()
    coop.stop(pair.dom0, "KILL")
    answer(pair.guest, "processors")
    coop.start(pair.dom0, f"--record {_RECORD}")
    again = pair.join()
    sessions = [row["protocol"]["session"] for row in (first, again)]
    assert sessions[0] != sessions[1], sessions
    met = pair.met()
    for _ in range(3):
        number = re.search(r"^ *(\d+) .*resources", answer(pair.guest, "ps"), re.M)
        assert number
        answer(pair.guest, f"kill {number.group(1)}")
        met += 1
        pair.wait("met again", lambda row: row["cooperating"] and pair.met() >= met)
        pair.join()
    pair.dom0.run("xl vcpu-set --ignore-host one 2")
    row = pair.wait("two left", lambda row: row["measured"]["available"] == 0b11)
    home = f"/local/domain/{row['number']}/data/cpu/3"
    for _ in range(60):
        state = pair.dom0.run(f"xenstore-read {home}/state").output.strip()
        if state == "absent":
            break
        time.sleep(0.5)
    assert state == "absent", state
    expect_answer(pair.guest, "coop", "^cooperation +joined")
    pair.machine.destroy_guest(pair.guest)
    time.sleep(2)
    assert "(null)" not in pair.dom0.run("xl list").output
    pair.judge("hello", "welcome")


def _wait_for(dom0: Dom0, names: set[str]) -> None:
    """Until those domains cooperate, and coopd knows no others."""
    found: dict[str, bool] = {}
    for _ in range(120):
        rows = coop.status(dom0)["domains"][1:]
        found = {row["name"]: row["cooperating"] and row["claims"] is not None for row in rows}
        if found == {name: True for name in names}:
            return
        time.sleep(0.5)
    raise AssertionError(f"cooperating: {found}, and not {names}")


def _seconds(dom0: Dom0, name: str) -> float:
    """Processor time of the domain, by the toolstack."""
    row = dom0.run(f"xl list {name}").output.strip().split("\n")[-1]
    return float(row.split()[-1])


@system_test("cooperation: domains come and go under load, and nothing of them stays", timeout=600)
def come_and_go(context: Context) -> None:
    machine = context.machine("full", guests=2, guest_memory=96, programs=coop.programs())
    assert isinstance(machine, FullMachine)
    dom0 = machine.dom0
    coop.start(dom0)

    def create(name: str) -> Guest:
        guest = machine.create_guest(GuestConfig(name=name, memory=48, vcpus=2))
        wait_for_shell(guest)
        for _ in range(2):
            answer(guest, "work 600 &")
        return guest

    create("stays")
    _wait_for(dom0, {"stays"})
    one = coop.held(dom0)
    assert one == (2, 1), one
    for number in range(3):
        guest = create(f"comes-{number}")
        _wait_for(dom0, {"stays", guest.name})
        if number == 1:
            coop.stop(dom0, "KILL")
            coop.start(dom0)
            _wait_for(dom0, {"stays", guest.name})
        assert coop.held(dom0) == (4, 2), coop.held(dom0)
        machine.destroy_guest(guest)
        _wait_for(dom0, {"stays"})
        assert coop.held(dom0) == one, coop.held(dom0)
        assert "(null)" not in dom0.run("xl list").output
    # The ledger says what Xen does.
    before = coop.domain(dom0, "stays")
    seconds = _seconds(dom0, "stays")
    after = coop.domain(dom0, "stays")
    times = [row["measured"]["time"] / 1e9 for row in (before, after)]
    assert times[0] - 0.1 <= seconds <= times[1] + 0.1, (times, seconds)
    assert after["operator"]["weight"] == 256 and not after["enforced"], after
