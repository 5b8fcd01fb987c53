# SPDX-License-Identifier: MIT
"""Lavandin's figures beside those of Linux for the nearest equivalents. docs/measuring.md says why
each is the nearest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .errors import RigError
from .figures import Figure, aligned

# Lavandin's operation, Linux's (bench/linux/main.c).
PAIRS = (
    ("kernel entry to the first process", "kernel entry to the first process"),
    ("null system call", "null system call (getppid)"),
    ("read the clock by system call", "clock_gettime by system call"),
    ("read the clock by its page", "clock_gettime by vDSO"),
    ("call and reply between two processes", "pipe round trip between two processes"),
    ("call and reply with 256 words each way", "pipe round trip with 2048 bytes each way"),
    ("call between members of a group", "pipe round trip between two processes"),
    (
        "two thread switches between processes",
        "two switches by sched_yield between processes",
    ),
    ("signal a notification and take its bits", "eventfd, written and read by one"),
    (
        "notifications there and back between processes",
        "eventfd, there and back between processes",
    ),
    ("copy a capability and delete the copy", "dup and close"),
    ("map and unmap a page", "mmap of a shared page beside another, populated, and munmap"),
    (
        "make, map, touch, unmap and free a page",
        "mmap, touch and munmap an anonymous page beside another",
    ),
    (
        "share a page: make, give, map, touch, unmap, free",
        "memfd, passed, mapped, touched, unmapped, closed",
    ),
    (
        "first write to a page that is copied on write",
        "first write to a page of a private mapping",
    ),
    (
        "fault served by a pager, page unmapped",
        "fault served through userfaultfd, page dropped",
    ),
    (
        "process start, one page, to its end",
        "vfork, execve of a program of one page, exit, wait",
    ),
    (
        "program start by init, to its end",
        "vfork, execve of a static C program, exit, wait",
    ),
    ("sleep of 100 us, overshoot", "sleep of 100 us, overshoot"),
    ("sleep of 1 ms, overshoot", "sleep of 1 ms, overshoot"),
    ("sleep of 20 ms, overshoot", "sleep of 20 ms, overshoot"),
)


@dataclass(frozen=True)
class Pair:
    ours: Figure
    linux: Figure

    @property
    def ratio(self) -> float | None:
        """How many times as much Linux takes."""
        return self.linux.median / self.ours.median if self.ours.median else None


def pairs(lavandin: list[Figure], linux: list[Figure]) -> list[Pair]:
    """Raises RigError when a figure is missing."""
    ours = {figure.name: figure for figure in lavandin}
    theirs = {figure.name: figure for figure in linux}
    try:
        return [Pair(ours[a], theirs[b]) for a, b in PAIRS]
    except KeyError as error:
        raise RigError(f"nobody measured {error}") from error


def unpaired(linux: list[Figure]) -> list[Figure]:
    named = {theirs for _, theirs in PAIRS}
    return [figure for figure in linux if figure.name not in named]


def _row(system: str, figure: Figure, ratio: float | None = None) -> tuple[str, ...]:
    counts = (figure.counted_entries, figure.counted_hypercalls, figure.table_loads)
    return (
        f"{system:8}  {figure.name}",
        f"{figure.median:,.0f}",
        *("-" if count is None else f"{count:.1f}" for count in counts),
        "" if ratio is None else f"{ratio:.1f}",
    )


def _rows(lavandin: list[Figure], linux: list[Figure]) -> Iterator[tuple[str, ...]]:
    yield ("", "cost", "entries", "hypercalls", "table loads", "ratio")
    for pair in pairs(lavandin, linux):
        yield _row("Lavandin", pair.ours)
        yield _row("Linux", pair.linux, pair.ratio)
    for figure in unpaired(linux):
        yield _row("Linux", figure)


def table(lavandin: list[Figure], linux: list[Figure]) -> str:
    """Two rows per operation, then what of Linux has no counterpart. Counts are of both systems by
    the same means (counter.py)."""
    return aligned(list(_rows(lavandin, linux)))
