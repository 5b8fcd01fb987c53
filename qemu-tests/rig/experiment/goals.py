# SPDX-License-Identifier: MIT
"""What cooperation is to reach in each scenario, and whether it did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from .setups import COOPERATION, FIXED, ONLINE
from .summary import Spread, better, ratios

Json = dict[str, Any]
Measure = Callable[[list[Json]], Spread | None]


@dataclass(frozen=True)
class Goal:
    """The median is to be within the bounds. `within_spread`: or the spread reaches there."""

    says: str
    measure: Measure
    least: float | None = None
    most: float | None = None
    within_spread: bool = False
    form: str = "{:.2f}"

    def wanted(self) -> str:
        bound = f"at most {self.most:.3g}" if self.least is None else f"at least {self.least:.3g}"
        return bound + (", within the spread" if self.within_spread else "")

    def met(self, found: Spread) -> bool:
        low, high = found.median, found.median
        if self.within_spread:
            low, high = found.least, found.most
        return (self.least is None or high >= self.least) and (
            self.most is None or low <= self.most
        )


def _ratio(guest: str, key: str, other: str) -> Measure:
    return lambda runs: ratios(runs, guest, key, other)


def _to_better(guest: str, key: str = "done") -> Measure:
    return lambda runs: better(runs, guest, key, (FIXED, ONLINE))


def _excess(one: str, other: str, since: float) -> Measure:
    """Half of how much more of the processors one used than the other, with cooperation."""

    def used(run: Json, name: str) -> float:
        (guest,) = (each for each in run["guests"] if each["name"] == name)
        at = run["timeline_fields"].index("used")
        points = guest["timeline"][round(since / run["sample"]) :]
        return sum(point[at] for point in points) / max(len(points), 1)

    def measure(runs: list[Json]) -> Spread | None:
        found = [
            (used(run, one) - used(run, other)) / 2 for run in runs if run["setup"] == COOPERATION
        ]
        return Spread.of(found) if found else None

    return measure


def _no_worse(guest: str, key: str = "done", what: str = "work") -> Goal:
    says = f"{what} of `{guest}`, to the better of the two others"
    return Goal(says, _to_better(guest, key), least=1, within_spread=True)


_PARALLEL = (
    Goal("barriers of `parallel`, to all online", _ratio("parallel", "done", ONLINE), least=1.3),
    _no_worse("parallel", what="barriers"),
    _no_worse("throughput"),
)
_INTERACTIVE = (
    Goal(
        "99th percentile of wake-up latency of `interactive`, to all online",
        _ratio("interactive", "wakeup_p99", ONLINE),
        most=1 / 3,
    ),
    Goal(
        "the same of its VCPUs in Xen, where the run is traced, to all online",
        _ratio("interactive", "vcpu_wakeup_p99", ONLINE),
        most=1 / 3,
    ),
    Goal("work of `batch`, to all online", _ratio("batch", "done", ONLINE), least=0.95),
)
GOALS: dict[str, tuple[Goal, ...]] = {
    "idle-beside-busy": (
        Goal("work of `first`, to fixed", _ratio("first", "done", FIXED), least=1.5),
        Goal("work of `second`, to fixed", _ratio("second", "done", FIXED), least=1.5),
        _no_worse("first"),
        _no_worse("second"),
    ),
    "barrier-beside-throughput": _PARALLEL,
    "barrier-blocking": _PARALLEL[1:],
    "barrier-on-one-processor": _PARALLEL,
    "barrier-adaptive": _PARALLEL,
    "interactive-beside-batch": _INTERACTIVE,
    "interactive-on-one-processor": _INTERACTIVE,
    "cheater": (
        Goal(
            "processors that `cheater` gains over an equal share with `honest`, from 4 s on",
            _excess("cheater", "honest", 4),
            most=0.01,
            form="{:+.3f}",
        ),
        _no_worse("honest"),
    ),
}


def judged(name: str, runs: list[Json]) -> list[Json]:
    """Those that can be told from the set-ups that were run."""
    found = []
    for goal in GOALS.get(name, ()):
        spread = goal.measure(runs)
        if spread is not None:
            entry = {"says": goal.says, "wanted": goal.wanted(), "form": goal.form}
            found.append(entry | {"measured": asdict(spread), "met": goal.met(spread)})
    return found


def cells(entry: Json) -> list[str]:
    shown = Spread(**entry["measured"]).text(entry["form"])
    return [entry["says"], entry["wanted"], shown, "yes" if entry["met"] else "**no**"]


HEAD = ["with cooperation", "wanted", "measured", "met"]
