# SPDX-License-Identifier: MIT
"""Figures of several virtual processors on one physical one: what it costs to take a processor
away and give it back, beside Linux; what the same work costs with more processors than there
are."""

from __future__ import annotations

from collections.abc import Callable

from . import linux_bench
from .figures import Figure, aligned
from .machine import GuestConfig

Measure = Callable[[str, GuestConfig], list[Figure]]

MANY = 8
_TRANSITIONS = "run=bench-smp transitions"
_OVERCOMMIT = "run=bench-smp overcommit"

# Ours, Linux's, and the most that we want it to take.
_PAIRS = (
    ("processor: start for the first time", None, 60_000),
    ("processor: park", "cpu1 offline by sysfs", 20_000),
    ("processor: unpark", "cpu1 online by sysfs", 12_000),
    ("processor: stop", "cpu1 offline by sysfs", 21_000),
    ("processor: start again", "cpu1 online by sysfs", 13_000),
)


def run(measure: Measure, memory: int) -> dict[str, list[Figure]]:
    """By what was measured: `measure` boots a guest and returns its figures."""

    def overcommit(vcpus: int, more: str = "") -> GuestConfig:
        line = f"processors={vcpus} {more} {_OVERCOMMIT}"
        return GuestConfig(command_line=line, memory=memory, vcpus=vcpus)

    two = GuestConfig(command_line=_TRANSITIONS, memory=memory, vcpus=2)
    return {
        "transitions": measure("processors", two),
        "linux": measure("Linux's processors", linux_bench.guest(hotplug=True)),
        "one": measure("one processor", overcommit(1)),
        "many": measure(f"{MANY} processors", overcommit(MANY)),
        "spinning": measure("locks that only spin", overcommit(MANY, "spin_locks=1")),
    }


def as_text(found: dict[str, list[Figure]]) -> str:
    return "\n".join([_transitions(found), "", _overcommit(found)])


def _transitions(found: dict[str, list[Figure]]) -> str:
    ours = {figure.name: figure for figure in found["transitions"]}
    theirs = {figure.name: figure for figure in found["linux"]}
    rows: list[tuple[str, ...]] = [("two on one processor", "median", "wanted", "Linux", "ratio")]
    for name, linux, most in _PAIRS:
        median = ours[name].median
        other = theirs[linux].median if linux else None
        text = ("", "") if other is None else (f"{other:,.0f}", f"{other / median:.0f}")
        rows.append((name, f"{median:,.0f}", f"{most:,}", *text))
    return aligned(rows)


def _overcommit(found: dict[str, list[Figure]]) -> str:
    head = ("the same work", "on one", f"on {MANY}", "ratio", "with spinning locks", "ratio")
    rows: list[tuple[str, ...]] = [head]
    for one, many, spinning in zip(found["one"], found["many"], found["spinning"]):
        row = [one.name, f"{one.median:,.0f}"]
        for figure in (many, spinning):
            row += [f"{figure.median:,.0f}", f"{figure.median / one.median:.2f}"]
        rows.append(tuple(row))
    return aligned(rows)
