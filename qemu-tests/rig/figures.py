# SPDX-License-Identifier: MIT
"""Figures of benchmarks: reading them from a console, what they cannot be lower than, a table."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from .counter import Stretch
from .errors import RigError

MARK = "BENCH "
_KEYS = {"name": str, "unit": str, "iterations": int}
_NUMBERS = ("min", "median", "max")
_COUNTS = ("entries", "hypercalls", "table_switches")

# The stub's figures that floors are made of (qemu-tests/stub/floor.c).
_ENTRY = "bare system call and iret"
_SWITCH = "mmuext new_user_baseptr and tlb_flush_local"
_SMALL_HYPERCALLS = ("hypercall xen_version", "set_segment_base")


@dataclass(frozen=True)
class Figure:
    """One operation's cost, and what of it is counted by the kernel."""

    name: str
    unit: str
    iterations: int
    min: float
    median: float
    max: float
    entries: float | None = None
    hypercalls: float | None = None
    table_switches: float | None = None
    # Per operation, counted from outside (counter.py).
    counted: bool = False
    counted_entries: float | None = None
    counted_hypercalls: float | None = None
    table_loads: float | None = None
    longest: float | None = None  # instructions of the kernel without a look for events
    p99: float | None = None


def with_counts(figures: list[Figure], stretches: list[Stretch]) -> list[Figure]:
    """The figures with what was counted in their stretches, which come in the same order. Raises
    RigError when there are more or fewer of them than figures that have one."""
    if sum(figure.counted for figure in figures) != len(stretches):
        raise RigError(f"{len(stretches)} stretches were counted, of other figures than these")
    left = iter(stretches)
    return [_with_count(figure, next(left)) if figure.counted else figure for figure in figures]


def _with_count(figure: Figure, stretch: Stretch) -> Figure:
    return replace(
        figure,
        counted_entries=stretch.entries / figure.iterations,
        counted_hypercalls=stretch.hypercalls / figure.iterations,
        table_loads=stretch.table_loads / figure.iterations,
        longest=stretch.longest,
    )


def parse(text: str) -> list[Figure]:
    """The `BENCH {json}` lines of a console's output. Raises RigError on a malformed one."""
    figures = []
    for line in text.split("\n"):
        _, mark, body = line.strip().partition(MARK)
        if not mark or not body.startswith("{"):
            continue
        try:
            row = json.loads(body)
        except ValueError as error:
            raise RigError(f"malformed figure ({error}): {line}") from error
        _check(row, line)
        known = {key: row[key] for key in Figure.__dataclass_fields__ if key in row}
        figures.append(Figure(**known))
    names = [figure.name for figure in figures]
    if len(set(names)) != len(names):
        raise RigError("a figure was printed twice")
    return figures


def _check(row: dict, line: str) -> None:
    for key, kind in _KEYS.items():
        if not isinstance(row.get(key), kind):
            raise RigError(f"figure without a good {key!r}: {line}")
    for key in (*_NUMBERS, *_COUNTS, "p99"):
        if not isinstance(row.get(key, None if key in _NUMBERS else 0), (int, float)):
            raise RigError(f"figure without a good {key!r}: {line}")


@dataclass(frozen=True)
class Floor:
    """What single steps cost with a kernel that does nothing else."""

    entry: float
    switch: float
    hypercall: float

    @staticmethod
    def of(figures: list[Figure]) -> Floor:
        costs = {figure.name: figure.median for figure in figures}
        try:
            least = min(costs[name] for name in _SMALL_HYPERCALLS)
            return Floor(costs[_ENTRY], costs[_SWITCH], least)
        except KeyError as error:
            raise RigError(f"the stub did not measure {error}") from error

    def under(self, figure: Figure) -> float | None:
        """The least that an operation with these counts can cost: every entry leaves by a hypercall
        and every switch is one; each of the others costs at least what the cheapest does."""
        entries, hypercalls, switches = figure.entries, figure.hypercalls, figure.table_switches
        if entries is None or hypercalls is None or switches is None:
            return None
        others = max(hypercalls - entries - switches, 0)
        return entries * self.entry + switches * self.switch + others * self.hypercall


def table(figures: list[Figure], floor: Floor) -> str:
    """One row per operation; the figures that floors are made of come without one."""
    head = (
        "operation",
        "median",
        "min",
        "max",
        "entries",
        "hypercalls",
        "switches",
        "floor",
        "ratio",
        "longest go",
    )
    rows = [head]
    for figure in figures:
        least = floor.under(figure)
        ratio = f"{figure.median / least:.2f}" if least else ""
        numbers = [_number(n) for n in (figure.median, figure.min, figure.max)]
        counts = [_count(getattr(figure, name)) for name in _COUNTS]
        longest = _number(figure.longest)
        rows.append((figure.name, *numbers, *counts, _number(least), ratio, longest))
    return aligned(rows)


def longest_go(figures: list[Figure]) -> Figure:
    """The figure during which the kernel looked for events least often. Raises RigError when that
    was not counted."""
    counted = [figure for figure in figures if figure.longest is not None]
    if not counted:
        raise RigError("nobody counted how long the kernel goes on without a look for events")
    return max(counted, key=lambda figure: figure.longest or 0)


def aligned(rows: list[tuple[str, ...]]) -> str:
    """The first row is the head, the first column text and all others numbers."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append("  ".join([row[0].ljust(widths[0]), *cells]).rstrip())
    lines.insert(1, "-" * max(map(len, lines)))
    return "\n".join(lines)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
