# SPDX-License-Identifier: MIT
"""dom0 does its worst: it scribbles on the rings of a guest that runs the conformance suite, and
raises its event channels without end. The guest loses output and time, never its results."""

from __future__ import annotations

import re

from rig import hostile, ktap
from rig.full import FullMachine
from rig.machine import Guest, GuestConfig
from rig.testing.system import Context, system_test

from ._shell import answer, expect_answer, wait_for_shell

_SUITE = "run=conformance calls=4000 part=1"  # fewer random calls, which have a test of their own
_SEED = 20261121
_LETTERS = {"passed": "o", "failed": "n", "skipped": "s"}
_CHANNELS = 2
_FEWEST_WRITES = 1000  # of a scribbler beside a whole run of the suite
_MOST_PER_EVENT = 100  # microseconds of running: entry, two servers' turns, acknowledgement
_INTERRUPTS_A_SECOND = 6400  # that a server lets through, servers/support/.../interrupt_pace.hpp


def _machine(context: Context, **options: object) -> FullMachine:
    machine = context.machine("full", files={hostile.PATH: hostile.build()}, **options)
    assert isinstance(machine, FullMachine)
    machine.dom0.run(f"chmod +x {hostile.PATH}")
    return machine


def _run_suite(machine: FullMachine, name: str, ring: str) -> tuple[Guest, str]:
    """Runs the suite in a guest whose ring is scribbled on meanwhile, often. Returns the guest, and
    what it noted in the store."""
    config = GuestConfig(name=name, memory=64, command_line=_SUITE)
    guest = machine.create_guest(config)
    dom0 = machine.dom0
    domain = dom0.run(f"xl domid {name}").output.strip()
    guest.console.expect("^KTAP version 1", 60)
    scribbler = dom0.start(
        f"{hostile.PATH} scribble {domain} {ring} {_SEED} 1000 & scribbler=$!\n"
        f"while xl list -v {name} | tail -n 1 | awk '{{exit $5 ~ /[sc]/}}'; do sleep 1; done\n"
        f"kill $scribbler && wait $scribbler && {hostile.PATH} restore {domain} {ring}",
        600,
    )
    reason = guest.wait_for_shutdown(400)
    assert reason == "poweroff", f"{name} ended by {reason}\n{guest.crash_report()}"
    said = dom0.wait(scribbler, "the scribbler", 60).output
    writes = re.search(r"^(\d+) writes$", said, re.M)
    assert writes and int(writes[1]) >= _FEWEST_WRITES, f"little was scribbled:\n{said}"
    node = f"/local/domain/{domain}/data/conformance"
    noted = dom0.run(f"xenstore-read {node}", check=False).output.strip()
    return guest, noted


@system_test("hostile dom0: scribbled rings cost output, not results", timeout=900,
             about=110)
def scribble(context: Context) -> None:
    machine = _machine(context, guests=2, guest_memory=160)
    guest, _ = _run_suite(machine, "store", "store")
    report = ktap.parse(guest.console.text)
    assert report.complete, "the console of the guest whose store was scribbled on is not whole"
    reference = "".join(_LETTERS[case.outcome] for case in report.cases)
    failed = [case for case in report.cases if case.outcome == "failed"]
    assert not failed, failed
    guest, noted = _run_suite(machine, "console", "console")
    lost = len(re.findall("counts were not possible|bytes were lost", guest.console.text))
    print(f"    {len(reference)} results; store scribbled on: all on the console; console "
          f"scribbled on: all in the store, {lost} messages of loss seen on the console")
    assert noted == reference, f"results differ:\n{noted}\n{reference}"


@system_test("hostile dom0: what a broken ring costs is said", timeout=600, about=60)
def broken(context: Context) -> None:
    machine = _machine(context)
    guest = machine.create_guest(GuestConfig(name="told", memory=32))
    wait_for_shell(guest, 300)
    domain = machine.dom0.run("xl domid told").output.strip()
    machine.dom0.run(f"{hostile.PATH} break {domain} console")
    guest.console.send("\necho and on\n")
    guest.console.expect("the backend's ring counts were not possible; text was lost", 60)
    expect_answer(guest, "echo still here", "^still here$")
    machine.dom0.run(f"{hostile.PATH} break {domain} store")
    answer(guest, "xenstore read domid", 120)  # in vain, or once the server has begun anew
    expect_answer(guest, "dmesg", "xenstore: the store sent what cannot be; beginning anew$")


def _work(guest: Guest, seconds: int) -> dict[str, int]:
    rows = re.findall(r"^(\w+) (\d+)( us)?$", answer(guest, f"work {seconds}", 300), re.M)
    return {name: int(number) for name, number, _ in rows}


@system_test("hostile dom0: an event storm costs its interrupts and no more", timeout=900,
             about=60)
def storm(context: Context) -> None:
    machine = _machine(context, deterministic=True)  # a nanosecond of running is an instruction
    guest = machine.create_guest(GuestConfig(name="stormy", memory=32))
    wait_for_shell(guest, 300)
    domain = machine.dom0.run("xl domid stormy").output.strip()
    calm = _work(guest, 1)
    sender = machine.dom0.start(f"{hostile.PATH} storm {domain} 4", 300)
    stormy = _work(guest, 2)
    sent = machine.dom0.wait(sender, "the storm", 300).output.strip()
    speeds = [run["rounds"] / run["running"] for run in (calm, stormy)]
    lost = (1 - speeds[1] / speeds[0]) * stormy["running"]
    print(f"    {sent}; the guest took {stormy['events']} events in "
          f"{stormy['running'] / 1e6:.2f} s of running (calm: {calm['events']} in "
          f"{calm['running'] / 1e6:.2f} s)")
    print(f"    work per second of running: {speeds[0] * 1e6:.0f} rounds calm, "
          f"{speeds[1] * 1e6:.0f} stormy ({speeds[1] / speeds[0]:.3f}); "
          f"{lost / max(stormy['events'], 1):.1f} us per event")
    # The guest shares its processor with the sender: it sees events only in its own turns.
    assert stormy["events"] > calm["events"] + 30, "there was no storm"
    most = 1.2 * _CHANNELS * _INTERRUPTS_A_SECOND * stormy["took"] / 1e6
    assert stormy["events"] < most, f"{stormy['events']} events: the servers do not hold back"
    # A microsecond of running is a thousand instructions here; stretches of work differ by 2 %.
    dear = stormy["events"] * _MOST_PER_EVENT + 0.02 * stormy["running"]
    assert lost < dear, f"{lost:.0f} us of work were lost to {stormy['events']} events"
    answer(guest, "echo still here")
