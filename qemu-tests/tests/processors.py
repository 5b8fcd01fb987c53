# SPDX-License-Identifier: MIT
"""Processors come and go: at boot, by `xl vcpu-set`, by hand, at random."""

from __future__ import annotations

import re

from rig import hostile, ktap
from rig.machine import Guest, GuestConfig
from rig.testing.system import Context, provide, system_test

from ._shell import answer, expect_answer, wait_for_shell

_MOST = 64
# Xen takes AVX away from the whole machine where the processor may leak it (GDS), as this one.
_WITH_AVX = "spec-ctrl=gds-mit=no"
_HOSTILE = provide(hostile.PATH, hostile.build)


def _online(guest: Guest) -> set[int]:
    rows = re.findall(r"^ *(\d+) online ", answer(guest, "processors"), re.M)
    return {int(number) for number in rows}


class _Domain:
    """A domU as dom0 sees it."""

    def __init__(self, context: Context, guest: Guest) -> None:
        self._dom0 = context.shared.dom0
        self._name = guest.name
        number = self._dom0.run(f"xl domid {guest.name}").output.strip()
        self._home = f"/local/domain/{number}"

    def set_processors(self, count: int) -> None:
        self._dom0.run(f"xl vcpu-set --ignore-host {self._name} {count}")

    def wait_for_answer(self, number: int, text: str) -> str:
        """The answer below data/cpu, once it begins with `text`; and the state then."""
        node = f"{self._home}/data/cpu/{number}"
        script = (
            f"for i in $(seq 300); do a=$(xenstore-read {node}/answer 2>/dev/null)\n"
            f'case "$a" in "{text}"*) break;; esac; sleep 0.1; done\n'
            f'echo "$(xenstore-read {node}/state) $a"'
        )
        state, _, found = self._dom0.run(script, 120).output.strip().partition(" ")
        assert found.startswith(text), f"processor {number}: {found!r} and not {text!r}"
        return state

    def states(self) -> list[tuple[str, float]]:
        """Of each VCPU what it does (-b-, r--, --p for down), and the seconds it has used."""
        rows = self._dom0.run(f"xl vcpu-list {self._name}").output.strip().split("\n")[1:]
        return [(row.split()[4], float(row.split()[5])) for row in rows]

    def down(self) -> set[int]:
        return {number for number, (state, _) in enumerate(self.states()) if state == "--p"}


@system_test("an initial domain has the VCPUs it was given, on CPUs without and with AVX",
             timeout=300)
def initial_domain(context: Context) -> None:
    for cpu in (None, "Haswell-noTSX"):
        machine = context.machine("direct", cpu=cpu, xen_command_line=_WITH_AVX if cpu else "")
        guest = machine.create_guest(GuestConfig(memory=64, vcpus=4))
        wait_for_shell(guest)
        assert _online(guest) == {0, 1, 2, 3}
        expect_answer(guest, "everywhere", "^processor  3: 100 rounds, 0 elsewhere$",
                      "^4 processors, 400 rounds$")
        expect_answer(guest, "fault divide", "division error")
        if cpu:
            _look_at_extended_state(guest)
        machine.stop()


def _look_at_extended_state(guest: Guest) -> None:
    """None of these may be skipped, as those that want AVX are elsewhere in the rig."""
    for tests in ("registers.", "migration.registers", "migration.upper", "hostile.state"):
        report = ktap.parse(answer(guest, f"conformance {tests}", timeout=120))
        bad = [case for case in report.cases if case.outcome != "passed"]
        assert report.complete and report.cases and not bad, report


@system_test("processors=N bounds how many are started, and by hand one goes beyond", timeout=180)
def bounded(context: Context) -> None:
    guest = context.guest("direct", memory=32, vcpus=3, command_line="processors=2")
    wait_for_shell(guest)
    assert _online(guest) == {0, 1}
    expect_answer(guest, "start 2", "^$")
    assert _online(guest) == {0, 1, 2}
    expect_answer(guest, "stop 0", "^stop: 0: the first one can be parked, but not stopped$")
    expect_answer(guest, "park 0 1", "^$")
    expect_answer(guest, "park 2", "^park: 2: it is the last one$")
    expect_answer(guest, "unpark 2", "^unpark: 2: not possible in the state it is in$")
    expect_answer(guest, "unpark 0 1", "^$")
    expect_answer(guest, "start 9", "^start: 9: this machine has not been given it$")
    answer(guest, "sleep --on 1 1000 &")
    found = expect_answer(guest, "park 1", r"^park: 1: thread \d+ of process \d+ \(sleep\) may")
    process = re.search(r"of process (\d+)", found)
    assert process
    expect_answer(guest, f"kill {process[1]}", "")
    expect_answer(guest, "stop 1", "")
    expect_answer(guest, "processors", r"^ *1 stopped ")
    for wrong in ("park", "park x", "park 64"):
        expect_answer(guest, wrong, "^usage: park NUMBER")


@system_test("processors that start in any order lose what is taken away", timeout=180)
def any_order(context: Context) -> None:
    guest = context.guest("direct", memory=64, vcpus=3, command_line="processors=1")
    wait_for_shell(guest)
    for line in ("start 2", "start 1", "park 1"):  # so that the suite uses 0 and 2
        expect_answer(guest, line, "^$")
    assert _online(guest) == {0, 2}
    for group in ("shoot_down", "migration", "copy_on_write"):
        report = ktap.parse(answer(guest, f"conformance {group}.", timeout=120))
        assert report.cases and not [c for c in report.cases if c.outcome == "failed"], report


@system_test("xl vcpu-set takes and gives VCPUs, and dom0 reads what became of it", timeout=300)
def vcpu_set(context: Context) -> None:
    guest = context.guest("full", memory=32, vcpus=2, maxvcpus=4)
    wait_for_shell(guest)
    domain = _Domain(context, guest)
    assert _online(guest) == {0, 1} and domain.down() == {2, 3}, domain.states()
    expect_answer(guest, "start 3", "^start: 3: this machine has not been given it$")

    domain.set_processors(4)
    assert domain.wait_for_answer(3, "online done") == "online"
    assert _online(guest) == {0, 1, 2, 3} and not domain.down(), domain.states()
    domain.set_processors(1)
    for number in (1, 2, 3):
        assert domain.wait_for_answer(number, "offline done") == "absent"
    assert domain.down() == {1, 2, 3}, domain.states()
    used = [seconds for _, seconds in domain.states()]
    expect_answer(guest, "everywhere", "^1 processors, 100 rounds$")
    assert [seconds for _, seconds in domain.states()][1:] == used[1:], "one that is down ran"

    # Somebody is in the way, until he goes.
    domain.set_processors(2)
    domain.wait_for_answer(1, "online done")
    answer(guest, "sleep --on 1 1000 &")
    domain.set_processors(1)
    domain.wait_for_answer(1, "offline refused pinned by thread ")
    found = expect_answer(guest, "processors", r"^ *1 online .*\(sleep\)$")
    process = re.search(r"of process (\d+)", found)
    assert process
    answer(guest, f"kill {process[1]}")
    domain.wait_for_answer(1, "offline done")
    context.shared.dom0.run(f"xl shutdown {guest.name}")
    context.expect_end(guest, "poweroff")


@system_test("xl vcpu-set works after the servers that obey it have died", timeout=300)
def servers_die(context: Context) -> None:
    guest = context.guest("full", memory=32, vcpus=1, maxvcpus=3)
    wait_for_shell(guest)
    domain = _Domain(context, guest)
    for name, count in (("resources", 2), ("xenstore", 3), ("resources", 1)):
        before = len(domain.down())
        found = re.search(rf"^ *(\d+) .* {name}$", answer(guest, "ps"), re.M)
        assert found, name
        answer(guest, f"kill {found[1]}")
        domain.set_processors(count)
        changed = 3 - before if count > 3 - before else count
        domain.wait_for_answer(changed, "online done" if count > 3 - before else "offline done")
        assert len(domain.down()) == 3 - count, domain.states()


@system_test("a VCPU that Xen has no memory for is refused, and started when it has", timeout=300)
def xen_refuses(context: Context) -> None:
    guest = context.guest("full", memory=32, vcpus=1, maxvcpus=3)
    wait_for_shell(guest)
    domain = _Domain(context, guest)
    dom0 = context.shared.dom0
    said = f"/run/{guest.name}.soak"
    dom0.run(f"chmod +x {_HOSTILE}; xl mem-max {guest.name} 8000")
    taken = dom0.run(
        f"{_HOSTILE} soak $(xl domid {guest.name}) 200 >{said} 2>&1 & echo $! >{said}.pid\n"
        f"for i in $(seq 300); do grep -qs . {said} && break; sleep 0.1; done\ncat {said}", 60)
    try:
        print(f"    taken: {taken.output.strip()}")
        assert "all there are" in taken.output, taken.output
        domain.set_processors(2)
        state = domain.wait_for_answer(1, "online refused the machine refuses to start it")
        assert state == "offered", state
        assert _online(guest) == {0} and domain.down() == {1, 2}, domain.states()
    finally:
        dom0.run(f"soaker=$(cat {said}.pid); kill $soaker\n"
                 "while [ -e /proc/$soaker ]; do sleep 0.1; done")
    assert domain.wait_for_answer(1, "online done") == "online"
    expect_answer(guest, "everywhere", "^2 processors, 200 rounds$")
    domain.set_processors(3)
    domain.wait_for_answer(2, "online done")


@system_test("a domU of 64 VCPUs runs a parallel program on all of them", timeout=400)
def sixty_four(context: Context) -> None:
    guest = context.guest("full", memory=64, vcpus=_MOST)
    wait_for_shell(guest)
    assert _online(guest) == set(range(_MOST))
    text = answer(guest, "everywhere", timeout=120)
    print("    " + text.strip().replace("\n", "\n    "))
    assert f"{_MOST} processors, {100 * _MOST} rounds" in text, text
    assert not _Domain(context, guest).down()


def _check(guest: Guest, timeout: float) -> None:
    got = guest.wait_for_shutdown(timeout)
    assert got in ("poweroff", "reboot"), f"ended by {got}\n{guest.console.tail()}"
    report = ktap.parse(guest.console.text)
    notes = [line for line in guest.console.text.splitlines() if line.startswith("#")]
    print("    " + "\n    ".join(notes))
    assert report.complete
    assert not [case for case in report.cases if case.outcome != "passed"], guest.console.tail()


def _at_random(context: Context, changes: int, timeout: float) -> None:
    guest = context.guest("full", memory=64, vcpus=4,
                          command_line=f"run=transitions changes={changes}")
    _check(guest, timeout)


@system_test("10,000 changes of processors at random lose nothing", timeout=400, processors=2)
def at_random(context: Context) -> None:
    _at_random(context, 10_000, 380)


@system_test("100,000 changes of processors at random lose nothing", timeout=3000, slow=True,
             processors=2)
def long_at_random(context: Context) -> None:
    _at_random(context, 100_000, 2900)


@system_test("changes at random while xl vcpu-set fights them", timeout=400, processors=2)
def contested(context: Context) -> None:
    guest = context.guest("full", memory=64, vcpus=4,
                          command_line="run=transitions contested")
    guest.console.expect("^KTAP", 120)
    dom0 = context.shared.dom0
    over = f"/run/{guest.name}.over"
    fight = dom0.start(
        f"n=0; while [ ! -e {over} ]; do n=$((n + 1))\n"
        f"xl vcpu-set --ignore-host {guest.name} $((n % 4 + 1)) 2>/dev/null; sleep 0.1; done\n"
        "echo $n", 400)
    try:
        _check(guest, 360)
    finally:
        dom0.run(f"touch {over}")
    rounds = int(fight.result(60).output)
    print(f"    xl vcpu-set was called {rounds} times meanwhile")
    assert rounds >= 5, rounds
