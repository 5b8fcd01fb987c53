# SPDX-License-Identifier: MIT
"""Counting and printing: each group's cases as they come, its closing line, and the last line."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..ktap import Case
from ..progress import BOLD, GREEN, RED, YELLOW, paint

OUTCOMES = ("passed", "failed", "skipped")
_COLOURS = {"passed": GREEN, "failed": RED, "skipped": YELLOW}


def tally(cases: Iterable[Case]) -> str:
    """`3 passed, 0 failed, 1 skipped`"""
    counts = dict.fromkeys(OUTCOMES, 0)
    for case in cases:
        counts[case.outcome] += 1
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items())


@dataclass
class Group:
    """The cases of one group; a group that ran nothing has failed."""

    name: str
    cases: list[Case] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)
    took: float = 0

    def add(self, case: Case) -> None:
        """Counts a case, and prints it unless it passed."""
        self.cases.append(case)
        self.show(case)

    def show(self, case: Case) -> None:
        if case.outcome != "passed":
            mark = paint(case.outcome.upper(), _COLOURS[case.outcome], sys.stdout)
            detail = case.detail.strip().replace("\n", "\n        ")
            separator = ": " if "\n" not in detail else "\n        "
            print(f"    {mark} {self.name}: {case.name}{separator if detail else ''}{detail}")
            sys.stdout.flush()

    @property
    def failed(self) -> bool:
        return any(case.outcome == "failed" for case in self.cases)

    def finish(self) -> None:
        if not self.cases:
            self.add(Case("the group itself", "failed", "no test ran"))
        self.took = self.took or time.monotonic() - self.began
        print(f"{self.name}: {tally(self.cases)} ({self.took:.1f} s)", flush=True)


class Collector(Group):
    """Collects cases that somebody else shows."""

    def show(self, case: Case) -> None:
        pass


def close(groups: list[Group]) -> int:
    """Prints the closing lines and returns the exit status."""
    everything = [case for group in groups for case in group.cases]
    skipped = [(g.name, c) for g in groups for c in g.cases if c.outcome == "skipped"]
    print()
    if skipped:
        print(paint("skipped, and why:", YELLOW, sys.stdout))
        for name, case in skipped:
            print(f"    {name}: {case.name}: {case.detail}")
    for group in groups:
        print(f"{group.name}: {tally(group.cases)}")
    failed = not everything or any(group.failed for group in groups)
    if not everything:
        print(paint("no test ran", RED, sys.stdout))
    print(paint(tally(everything), RED if failed else BOLD, sys.stdout), flush=True)
    return 1 if failed else 0


@dataclass(frozen=True)
class Selection:
    """Which tests to run: a regular expression looked for in `group: name`."""

    pattern: str | None = None
    slow: bool = False

    def whole(self, group: str) -> bool:
        """Whether all of the group is meant."""
        return self.pattern is None or re.search(self.pattern, group) is not None

    def wants(self, group: str, name: str) -> bool:
        return self.pattern is None or re.search(self.pattern, f"{group}: {name}") is not None
