# SPDX-License-Identifier: MIT
"""One run: coopd, the guests, go, and what all of them have to tell afterwards."""

from __future__ import annotations

import base64
import binascii
import gzip
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from .. import coop
from ..dom0 import Dom0, Result
from ..errors import RigError
from ..full import FullMachine
from ..full_guest import FullGuest
from ..machine import GuestConfig
from . import dom0_use, load_report, samples, setups, trace
from .command import CALIBRATION
from .host import Host_time, Watch, priority
from .load_report import Load_report
from .scenario import Scenario

_SAMPLES = "/run/samples.jsonl"
_TRACE = "/run/trace"
Condition = Callable[[dict[str, Any]], Any]
SAMPLE = 0.25  # seconds between two looks, each of which costs dom0 some milliseconds
_SETTLE = 1.0  # seconds between the guests' readiness and the begin
_START_TIMEOUT = 120
_PATIENCE = 180  # seconds beside the run's own, in which guests print
_LOOKS = 60  # for what has to hold before the begin, at half a second each
_TRACE_PAGES = 256  # for each processor


@dataclass
class Window:
    """Of the run, in seconds, in which Xen's scheduler is traced."""

    begin: float
    end: float


@dataclass
class Run:
    """What came of it."""

    setup: str
    number: int
    loads: dict[str, Load_report] = field(default_factory=dict)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    stretches: list[trace.Stretch] = field(default_factory=list)
    wake_ups: list[trace.Wake_up] = field(default_factory=list)
    host: Host_time = Host_time(0, 0, 0)
    dom0: dict[str, float] = field(default_factory=dict)  # seconds by program
    traced: Window | None = None


def fetch(dom0: Dom0, path: str) -> bytes:
    """A file of dom0's, packed on its way over the serial port."""
    output = dom0.run(f"gzip -c {path} | base64 -w 0", 120, title=f"fetch {path}").output
    try:
        return gzip.decompress(base64.b64decode(output))
    except (binascii.Error, OSError, EOFError) as error:
        raise RigError(f"{path} did not arrive from dom0: {error}") from error


def calibrate(machine: FullMachine) -> int:
    """Loops of a thousand microseconds, on the machine with nothing else to do."""
    guest = machine.create_guest(
        GuestConfig(name="calibration", command_line=CALIBRATION, memory=32, tsc_mode="native")
    )
    guest.console.expect(r"^LOAD loops \d+\r?\n", _START_TIMEOUT)
    found = load_report.loops(guest.console.text)
    machine.destroy_guest(guest)
    return found


def prepare(machine: FullMachine, scenario: Scenario) -> None:
    """What holds for all runs."""
    for setup in setups.SETUPS:
        settings = setups.coopd_settings(scenario, setup)
        machine.dom0.put(setups.settings_file(setup), settings.encode())
    if scenario.dom0_weight is not None:
        machine.dom0.run(f"xl sched-credit2 -d 0 -w {scenario.dom0_weight}")


def run(
    machine: FullMachine,
    scenario: Scenario,
    setup: str,
    number: int,
    loops: int,
    window: Window | None = None,
    niceness: int = 0,
) -> Run:
    """`niceness`: QEMU's meanwhile."""
    with priority(machine.qemu.pid, niceness):
        return _run(machine, scenario, setup, number, loops, window)


def _run(
    machine: FullMachine,
    scenario: Scenario,
    setup: str,
    number: int,
    loops: int,
    window: Window | None,
) -> Run:
    dom0 = machine.dom0
    made = Run(setup, number, traced=window)
    guests: list[FullGuest] = []
    coop.start(dom0, setups.coopd_options(scenario, setup))
    try:
        for guest in scenario.guests:
            config = setups.guest_config(scenario, guest, setup, loops)
            guests.append(machine.create_guest(config))
        for guest in guests:
            guest.console.expect(r"^LOAD ready", _START_TIMEOUT)
        if setup == setups.COOPERATION:
            _wait_until_joined(dom0, scenario)
        else:
            _wait_until_online(dom0, scenario, setup)
        time.sleep(_SETTLE)
        _go(machine, scenario, guests, made)
    finally:
        coop.stop(dom0)
        for guest in guests:
            machine.destroy_guest(guest)
    return made


def _wait_until_joined(dom0: Dom0, scenario: Scenario) -> None:
    wanted = {guest.name for guest in scenario.guests if guest.cooperates}
    _wait_for(dom0, wanted, lambda row: row["cooperating"] and row["claims"], "joined coopd")


def _wait_until_online(dom0: Dom0, scenario: Scenario, setup: str) -> None:
    """A guest's programs are there before the last of its VCPUs, whose start it claims later."""
    wanted = {guest.name: setups.vcpus(scenario, guest, setup) for guest in scenario.guests}

    def complete(row: dict[str, Any]) -> bool:
        return samples.in_use(row) == wanted.get(row["name"])

    _wait_for(dom0, set(wanted), complete, "have all their VCPUs")


def _wait_for(dom0: Dom0, wanted: set[str], holds: Condition, what: str) -> None:
    """Until it holds for these domains' rows of coopd's."""
    for _ in range(_LOOKS):
        rows = coop.status(dom0)["domains"]
        if wanted <= {row["name"] for row in rows if holds(row)}:
            return
        time.sleep(0.5)
    raise RigError(f"of {', '.join(sorted(wanted))} not all {what}")


def _go(machine: FullMachine, scenario: Scenario, guests: list[FullGuest], made: Run) -> None:
    dom0 = machine.dom0
    dom0.run(
        f"coopctl watch --json --interval {SAMPLE} >{_SAMPLES} 2>/run/samples.log &\n"
        "echo $! >/run/samples.pid"
    )
    before = dom0_use.read(dom0)
    tracing = _start_trace(dom0, made.traced) if made.traced else None
    watch = Watch(machine.qemu.pid)
    for guest in guests:
        guest.console.send("go\n")
    for guest in guests:
        guest.console.expect(r"^LOAD sample ", scenario.duration + _PATIENCE)
    made.host = watch.read()
    made.dom0 = dom0_use.between(before, dom0_use.read(dom0))
    for guest in guests:
        guest.console.expect(r"^LOAD end \d+ \d+ \d+\r?\n", _PATIENCE)
        made.loads[guest.name] = load_report.parse(guest.console.text)
    dom0.run("kill $(cat /run/samples.pid)", check=False)
    made.statuses = samples.parse(fetch(dom0, _SAMPLES).decode())
    if tracing is not None:
        dom0.wait(tracing, "xentrace", 60)
        traced = fetch(dom0, _TRACE)
        made.stretches, made.wake_ups = trace.stretches(traced), trace.wake_ups(traced)


def _start_trace(dom0: Dom0, window: Window) -> Future[Result]:
    length = window.end - window.begin
    script = (
        f"usleep {round(window.begin * 1e6)}\n"
        f"xentrace -D -e {trace.MASK:#x} -s 20 -S {_TRACE_PAGES} {_TRACE} & pid=$!\n"
        f"usleep {round(length * 1e6)}\n"
        # It ignores the signal until it is ready, as all that run in the background.
        "n=0; while [ $n -lt 200 ] && kill -INT $pid 2>/dev/null; do n=$((n + 1)); usleep 50000\n"
        "done; wait $pid"
    )
    return dom0.start(script, window.end + 60)
