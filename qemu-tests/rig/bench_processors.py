# SPDX-License-Identifier: MIT
"""Figures of several virtual processors. On one physical one: what it costs to take a processor
away and give it back, beside Linux; what the same work costs with more processors than there are.
On two, in real time: what independent work gains by the second."""

from __future__ import annotations

from collections.abc import Callable

from . import linux_bench
from .figures import Figure, aligned
from .machine import GuestConfig

Measure = Callable[[str, GuestConfig], list[Figure]]

MANY = 8
_TRANSITIONS = "processors=1 run=bench-smp transitions"
_OVERCOMMIT = "run=bench-smp overcommit"
_PAIRS_LINE = "processors=2 run=bench-smp pairs"

# Ours, Linux's, and the most that we want it to take.
_TRANSITION_ROWS = (
    ("processor: start for the first time", None, 60_000),
    ("processor: park", "cpu1 offline by sysfs", 20_000),
    ("processor: unpark", "cpu1 online by sysfs", 12_000),
    ("processor: stop", "cpu1 offline by sysfs", 21_000),
    ("processor: start again", "cpu1 online by sysfs", 13_000),
)

# What the same work may cost with many virtual processors on one, of what it costs with one.
_MOST_OVERCOMMIT = 1.3


def run(measure: Measure, in_real_time: Measure, memory: int) -> dict[str, list[Figure]]:
    """By what was measured: `measure` boots a guest and returns its figures."""

    def overcommit(vcpus: int, more: str = "", rounds: int = 3) -> GuestConfig:
        line = f"processors={vcpus} {more} {_OVERCOMMIT} {vcpus} {rounds}"
        return GuestConfig(command_line=line, memory=memory, vcpus=vcpus)

    two = GuestConfig(command_line=_TRANSITIONS, memory=memory, vcpus=2)
    pairs = GuestConfig(command_line=_PAIRS_LINE, memory=memory, vcpus=2)
    return {
        "transitions": measure("processors", two),
        "linux": measure("Linux's processors", linux_bench.guest(hotplug=True)),
        "one": measure("one processor", overcommit(1)),
        "many": measure(f"{MANY} processors", overcommit(MANY)),
        "spinning": measure("locks that only spin", overcommit(MANY, "spin_locks=1", 1)),
        "pairs": in_real_time("pairs in real time", pairs),
    }


def missed(found: dict[str, list[Figure]]) -> list[str]:
    """What is above its limit, of what was counted: instructions, and waits for locks."""
    ours = {figure.name: figure for figure in found["transitions"]}
    late = [
        f"{name}: {ours[name].median:,.0f}, not {most:,}"
        for name, _linux, most in _TRANSITION_ROWS
        if ours[name].median > most
    ]
    dear = [
        f"{one.name}: {many.median / one.median:.2f} times as much on {MANY} processors"
        for one, many in zip(found["one"], found["many"])
        if many.median > _MOST_OVERCOMMIT * one.median
    ]
    waits = found["pairs"][-1]
    meet = [f"independent pairs: {waits.max:,.0f} waits for locks"] if waits.max else []
    return late + dear + meet


def as_text(found: dict[str, list[Figure]]) -> str:
    return "\n".join([_transitions(found), "", _overcommit(found), "", _pairs(found)])


def _transitions(found: dict[str, list[Figure]]) -> str:
    ours = {figure.name: figure for figure in found["transitions"]}
    theirs = {figure.name: figure for figure in found["linux"]}
    rows: list[tuple[str, ...]] = [("two on one processor", "median", "wanted", "Linux", "ratio")]
    for name, linux, most in _TRANSITION_ROWS:
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


def _pairs(found: dict[str, list[Figure]]) -> str:
    """The spread of the speed-up is that of two pairs against the median of one."""
    one, two, waits = found["pairs"]
    gains = [2 * one.median / value for value in (two.max, two.median, two.min)]
    counts = (waits.min, waits.median, waits.max)
    rows: list[tuple[str, ...]] = [
        ("two pairs of processes on two processors, in real time", "min", "median", "max"),
        ("speed-up by the second", *(f"{gain:.2f}" for gain in gains)),
        ("waits for locks while both call", *(f"{count:,.0f}" for count in counts)),
    ]
    return aligned(rows)
