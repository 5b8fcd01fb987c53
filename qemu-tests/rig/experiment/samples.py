# SPDX-License-Identifier: MIT
"""What coopd counted during a run (`coopctl watch --json`), on a grid of equal steps."""

from __future__ import annotations

import bisect
import json
from collections.abc import Sequence
from typing import Any

from ..errors import RigError


def parse(text: str) -> list[dict[str, Any]]:
    """One status for each line. The last may have been cut off when watching ended."""
    found = []
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError as error:
            if number != len(lines):
                raise RigError(f"sample {number} cannot be read: {error}") from error
    if len(found) < 2:
        raise RigError("there are no samples of the run")
    return found


def domain(status: dict[str, Any], name: str) -> dict[str, Any] | None:
    return next((row for row in status["domains"] if row["name"] == name), None)


def fresh(statuses: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without those that show an older measurement under a newer time, as coopd answers between
    two of its looks: in each new one somebody has run, if only dom0."""
    found: list[dict[str, Any]] = []
    ran: list[int] = []
    for status in statuses:
        now = [row["measured"]["time"] for row in status["domains"]]
        if now != ran:
            found.append(status)
        ran = now
    return found


def in_use(row: dict[str, Any]) -> int:
    """VCPUs that threads may run on. To Xen one that is parked is online, and blocked; that it is
    not in use is the guest's word."""
    online = row["measured"]["online"]
    if row.get("claims"):
        online &= row["claims"]["online"]
    return online.bit_count()


class Course:
    """A value over time, known at some moments."""

    def __init__(self, times: Sequence[float], values: Sequence[float]) -> None:
        if not times or len(times) != len(values):
            raise RigError("a course needs values, and as many moments")
        self._times, self._values = times, values

    def at(self, time: float) -> float:
        """Of what grows steadily: between two moments on a straight line."""
        after = bisect.bisect_right(self._times, time)
        if after == 0 or after == len(self._times):
            return self._values[min(after, len(self._times) - 1)]
        begin, end = self._times[after - 1], self._times[after]
        part = (time - begin) / (end - begin)
        return self._values[after - 1] + part * (self._values[after] - self._values[after - 1])

    def last(self, time: float) -> float:
        """Of what changes in steps: that of the last moment before."""
        return self._values[max(bisect.bisect_right(self._times, time) - 1, 0)]

    def rate(self, begin: float, end: float) -> float:
        return (self.at(end) - self.at(begin)) / (end - begin)


class Domain_courses:
    """Of one domain; `begin` is the run's, in Xen's time (nanoseconds)."""

    def __init__(self, statuses: list[dict[str, Any]], name: str, begin: int) -> None:
        rows = [
            ((status["time"] - begin) / 1e9, row)
            for status in fresh(statuses)
            if (row := domain(status, name)) is not None
        ]
        if not rows:
            raise RigError(f"no sample shows {name}")
        times = [time for time, _ in rows]

        def course(value: Any) -> Course:
            return Course(times, [float(value(row)) for _, row in rows])

        self.used = course(lambda row: row["measured"]["time"] / 1e9)
        self.online = course(in_use)
        self.allocated = course(lambda row: row["allocation"])
        self.weight = course(lambda row: row["measured"]["weight"])
        self.entitlement = course(lambda row: row["entitlement"] / 1000)
        self.demand = course(lambda row: row["demand"] / 1000)
        self.last = rows[-1][1]
        self.first = rows[0][1]
