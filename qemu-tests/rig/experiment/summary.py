# SPDX-License-Identifier: MIT
"""Medians and spreads over runs, and how set-ups compare."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass
from typing import Any

from ..figures import aligned
from .scenario import DOM0
from .setups import COOPERATION, SETUPS

Json = dict[str, Any]
# What is compared: its name, of a guest's results, whether more is better, and how it is shown.
_ROWS = (
    ("work done", "done", True, "{:,.0f}"),
    ("processors used", "used", None, "{:.3f}"),
    ("VCPUs online", "online", None, "{:.2f}"),
    ("seconds spun", "spun", None, "{:.2f}"),
    ("wake-up, median, us", "wakeup_median", False, "{:,.0f}"),
    ("wake-up, 99th percentile, us", "wakeup_p99", False, "{:,.0f}"),
    ("response, 99th percentile, us", "response_p99", False, "{:,.0f}"),
    ("VCPU's wake-up in Xen, 99th percentile, us", "vcpu_wakeup_p99", False, "{:,.0f}"),
)


@dataclass(frozen=True)
class Spread:
    least: float
    median: float
    most: float

    @staticmethod
    def of(values: list[float]) -> Spread:
        return Spread(min(values), statistics.median(values), max(values))

    def text(self, form: str) -> str:
        if self.least == self.most:
            return form.format(self.median)
        shown = [form.format(value) for value in (self.median, self.least, self.most)]
        return f"{shown[0]} ({shown[1]} to {shown[2]})"


def _values(runs: list[Json], setup: str, name: str, key: str) -> list[float]:
    return [
        guest[key]
        for run in runs
        if run["setup"] == setup
        for guest in run["guests"]
        if guest["name"] == name
    ]


def setups_of(runs: list[Json]) -> list[str]:
    return [setup for setup in SETUPS if any(run["setup"] == setup for run in runs)]


def ratios(runs: list[Json], name: str, key: str, other: str) -> Spread | None:
    """Cooperation by another set-up, run by run: those of one number were neighbours in time."""
    pairs = zip(_values(runs, COOPERATION, name, key), _values(runs, other, name, key))
    found = [ours / theirs for ours, theirs in pairs if theirs]
    return Spread.of(found) if found else None


def better(runs: list[Json], name: str, key: str, others: tuple[str, ...]) -> Spread | None:
    """Cooperation by whichever of the others has the higher median."""
    present = [each for each in others if _values(runs, each, name, key)]
    if not present:
        return None
    best = max(present, key=lambda each: statistics.median(_values(runs, each, name, key)))
    return ratios(runs, name, key, best)


def rows(runs: list[Json]) -> list[Json]:
    """One for each figure of each guest; those that are nowhere anything are left out."""
    present = setups_of(runs)
    found = []
    for name in [guest["name"] for guest in runs[0]["guests"]]:
        for title, key, more, form in _ROWS:
            spreads = {setup: Spread.of(_values(runs, setup, name, key)) for setup in present}
            if not any(spread.most for spread in spreads.values()):
                continue
            if name == DOM0 and key != "used":
                continue
            row: Json = {"guest": name, "figure": title, "form": form, "more": more}
            row["setups"] = {setup: asdict(spread) for setup, spread in spreads.items()}
            others = [each for each in present if each != COOPERATION] if more is not None else []
            if COOPERATION in present:
                found_ratios = {each: ratios(runs, name, key, each) for each in others}
                row["ratios"] = {each: asdict(r) for each, r in found_ratios.items() if r}
            found.append(row)
    return found


def label(row: Json) -> str:
    return f"{row['guest']}: {row['figure']}"


def cells(row: Json, present: list[str]) -> list[str]:
    """Of a row: the figure in each set-up, then cooperation's ratio to each other one."""
    shown = [Spread(**row["setups"][setup]).text(row["form"]) for setup in present]
    for other in [each for each in present if each != COOPERATION]:
        ratio = row.get("ratios", {}).get(other)
        shown.append(Spread(**ratio).text("{:.2f}") if ratio else "")
    return shown


def head(present: list[str]) -> list[str]:
    others = [each for each in present if each != COOPERATION]
    compared = [f"to {each}" for each in others] if COOPERATION in present else ["" for _ in others]
    return ["guest: figure", *present, *compared]


def table(runs: list[Json]) -> str:
    present = setups_of(runs)
    lines = [tuple(head(present))]
    lines += [(label(row), *cells(row, present)) for row in rows(runs)]
    return aligned(lines)
