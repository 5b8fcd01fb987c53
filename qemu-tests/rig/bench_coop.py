# SPDX-License-Identifier: MIT
"""What cooperation costs, with everything there is: Xen, dom0 with coopd, domUs, on one physical
processor in the deterministic mode. How long a guest waits from asking for a processor to the first
thread on it, and what a report costs coopd."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from . import coop, figures
from .dom0 import Dom0
from .errors import RigError, TimedOut
from .figures import Figure, aligned
from .machine import Guest, GuestConfig, MachineOptions
from .modes import start
from .progress import Step

_ROUNDS = 100
_ABSENCES = ("parked", "stopped")
_MOST_MEDIAN, _MOST_P99 = 300_000, 1_000_000  # instructions, of all stages

_GUESTS = 8  # that report every 10 ms
_MEMORY = 32  # MiB of each
_LOAD = 50  # thousandths of a processor: who does less reports less often
_LOOKS, _BETWEEN = 5, 2  # how often coopd's time is looked at, and seconds in between
_JOIN_TIMEOUT = 300
_CONFIG = "/tmp/coopd.toml"
# With as many processors as the host has a guest would never be given a second one.
_SETTINGS = "[domain.latency]\\nminimum = 2\\n"


@dataclass(frozen=True)
class Cooperation:
    latency: list[Figure]
    reports: Figure
    period: float  # milliseconds between two reports of a guest


def run(options: MachineOptions, timeout: float) -> Cooperation:
    options = replace(
        options,
        deterministic=True,
        processors=1,
        guests=_GUESTS,
        guest_memory=_GUESTS * _MEMORY,
        programs=coop.programs(),
    )
    with start("full", options) as machine:
        machine.dom0.run(f"printf '{_SETTINGS}' >{_CONFIG}")
        coop.start(machine.dom0, f"--config {_CONFIG}")
        line = f"processors=1 run=bench-coop latency {_ROUNDS}"
        guest = machine.create_guest(_config("latency", line, 2))
        with Step("measuring the way to a processor", options.quiet):
            latency = _finish(guest, timeout)
        machine.destroy_guest(guest)
        for number in range(_GUESTS):
            machine.create_guest(_config(f"load-{number}", f"run=bench-coop load {_LOAD}", 1))
        with Step("measuring reports", options.quiet):
            reports, period = _reports(machine.dom0)
    return Cooperation(latency, reports, period)


def _config(name: str, line: str, vcpus: int) -> GuestConfig:
    # With an emulated time stamp counter reading the clock would cost more than what is measured.
    return GuestConfig(
        name=name, command_line=line, memory=_MEMORY, vcpus=vcpus, tsc_mode="native"
    )


def _finish(guest: Guest, timeout: float) -> list[Figure]:
    reason = guest.wait_for_shutdown(timeout)
    found = figures.parse(guest.console.text)
    if reason != "poweroff" or not found:
        raise RigError(f"the guest ended by {reason}; its last lines:\n{guest.console.tail()}")
    return found


def _joined(status: dict[str, Any]) -> int:
    return sum(row["cooperating"] and row["claims"] is not None for row in status["domains"])


def _reports(dom0: Dom0) -> tuple[Figure, float]:
    deadline = time.monotonic() + _JOIN_TIMEOUT
    while _joined(coop.status(dom0)) < _GUESTS:
        if time.monotonic() > deadline:
            raise TimedOut(f"{_joined(coop.status(dom0))} of {_GUESTS} guests cooperate")
        dom0.run("sleep 1")
    looks = [coop.status(dom0)]
    for _ in range(_LOOKS):
        dom0.run(f"sleep {_BETWEEN}")
        looks.append(coop.status(dom0))
    costs = [look["cost"] for look in looks]
    counts = [now["reports"] - then["reports"] for then, now in zip(costs, costs[1:])]
    if not all(counts):
        raise RigError(f"there were looks without a report: {counts}")
    times = [now["cpu_time"] - then["cpu_time"] for then, now in zip(costs, costs[1:])]
    each = sorted(spent / count for spent, count in zip(times, counts))
    passed = (looks[-1]["time"] - looks[0]["time"]) / 1e6
    name = f"coopd, a report of {_GUESTS} guests"
    middle = each[len(each) // 2]
    figure = Figure(name, "instructions", sum(counts), each[0], middle, each[-1])
    return figure, passed * _GUESTS / sum(counts)


def as_text(found: Cooperation) -> str:
    return "\n".join([*_latency(found.latency), "", _report_line(found)])


def _latency(latency: list[Figure]) -> list[str]:
    """A row for each stage; limits are on all of them together."""
    by_name = {figure.name: figure for figure in latency}
    columns = [f"{one}, {what}" for one in _ABSENCES for what in ("median", "p99")]
    rows: list[tuple[str, ...]] = [("from a request to the first thread there", *columns)]
    for name in by_name:
        absence, _, stage = name.partition(": ")
        if absence != _ABSENCES[0]:
            continue
        cells = []
        for figure in (by_name[f"{one}: {stage}"] for one in _ABSENCES):
            cells += [f"{figure.median:,.0f}", f"{figure.p99 or figure.max:,.0f}"]
        rows.append((stage, *cells))
    rows.append(("wanted", *[f"{_MOST_MEDIAN:,}", f"{_MOST_P99:,}"] * len(_ABSENCES)))
    return [aligned(rows)]


def missed(found: Cooperation) -> list[str]:
    """Where all stages together take more than is wanted."""
    over = []
    for figure in (each for each in found.latency if each.name.endswith(": all")):
        p99 = figure.p99 or figure.max
        if figure.median > _MOST_MEDIAN:
            over.append(f"{figure.name}: {figure.median:,.0f}, wanted: {_MOST_MEDIAN:,}")
        if p99 > _MOST_P99:
            over.append(f"{figure.name}: p99 {p99:,.0f}, wanted: {_MOST_P99:,}")
    return over


def _report_line(found: Cooperation) -> str:
    one = found.reports
    return (
        f"{one.name}, each every {found.period:.1f} ms: {one.median:,.0f} instructions of its "
        f"processor's time ({one.min:,.0f} to {one.max:,.0f}, {one.iterations:,} reports)"
    )
