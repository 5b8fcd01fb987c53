# SPDX-License-Identifier: MIT
"""What comes of jobs, in whichever order they end: each is shown at once, and counted in the order
of the jobs. A job of which nothing comes has failed."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ..ktap import Case
from .jobs import Done, Job, failed
from .results import Group, tally

_SLOWEST = 8  # that are named at the end


class Report:
    """`names` are the groups to count, which may have no job."""

    def __init__(self, names: Sequence[str], jobs: Sequence[Job]) -> None:
        self._jobs = jobs
        self._groups = {name: Group(name) for name in [*names, *(job.group for job in jobs)]}
        self._cases: dict[int, list[Case]] = {}
        self._took: dict[int, float] = {}
        self._reasons: set[str] = set()

    def lacks(self, missing: dict[int, str]) -> list[int]:
        """The jobs of these numbers cannot run, for these reasons, each of which is shown once.
        Returns the numbers of the others."""
        for number, reason in missing.items():
            known = reason in self._reasons
            self._reasons.add(reason)
            first, _, _ = reason.partition("\n")
            detail = f"{first} (see above)" if known else reason
            self._show(number, failed(self._jobs[number], detail))
        return [number for number in range(len(self._jobs)) if number not in missing]

    def deliver(self, number: int, done: Done) -> None:
        job = self._jobs[number]
        outcome = done.cases[0].outcome if len(done.cases) == 1 else tally(done.cases)
        title = job.name if job.name == job.group else f"{job.group}: {job.name}"
        used = done.processor_seconds / done.seconds if done.seconds else 0
        print(f"    {title}: {outcome} ({done.seconds:.1f} s, {used:.1f} processors)")
        for line in done.said.splitlines():
            print(f"        {line}")
        self._took[number] = done.seconds
        self._show(number, done.cases)

    def _show(self, number: int, cases: list[Case]) -> None:
        self._cases[number] = cases
        for case in cases:
            self._groups[self._jobs[number].group].show(case)
        sys.stdout.flush()

    def finish(self) -> list[Group]:
        """Closes the groups, which have all cases in them then."""
        for number, job in enumerate(self._jobs):
            group = self._groups[job.group]
            if number not in self._cases:
                self._show(number, failed(job, "it did not come to its end"))
            group.cases += self._cases[number]
            group.took += self._took.get(number, 0)
        if len(self._took) > _SLOWEST:
            slowest = sorted(self._took, key=lambda number: -self._took[number])[:_SLOWEST]
            rows = (f"{self._jobs[each].name} {self._took[each]:.0f} s" for each in slowest)
            print("    slowest: " + "; ".join(rows))
        for group in self._groups.values():
            group.finish()
        return list(self._groups.values())
