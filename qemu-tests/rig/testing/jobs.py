# SPDX-License-Identifier: MIT
"""What `./lavandin test` can do side by side (lanes.py), and in which order it is begun."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .. import build
from ..errors import RigError
from ..ktap import Case


Need = Callable[[], object]


@dataclass(frozen=True)
class Built:
    """That a preset is built, as a job's need."""

    preset: str

    def __call__(self) -> None:
        build.ensure(self.preset)


@dataclass(frozen=True)
class Job:
    """Cases of one group, made one after the other in some lane, whose number `run` is told. What
    it needs is called before, in the driver, once for all jobs that need the same."""

    group: str
    name: str
    run: Callable[[int], list[Case]]
    needs: tuple[Need, ...] = ()
    processors: int = 1  # that it keeps busy; it begins when so many are free
    about: float = 0  # seconds on an idle machine, of those that take long


@dataclass(frozen=True)
class Done:
    """What came of a job: its cases, what it printed, and what it took."""

    cases: list[Case]
    said: str = ""
    seconds: float = 0
    processor_seconds: float = 0


def perform(job: Job, lane: int) -> list[Case]:
    """Runs it; whatever goes wrong is a failed case."""
    try:
        return job.run(lane)
    except Exception as error:
        return failed(job, _description(error))


def failed(job: Job, detail: str) -> list[Case]:
    return [Case(job.name, "failed", detail)]


def _description(error: Exception) -> str:
    return str(error) if isinstance(error, RigError) else traceback.format_exc()


def prepare(jobs: Sequence[Job]) -> dict[int, str]:
    """Sees to what the jobs need. Returns what was wrong, by the numbers of those that lack it."""
    missing: dict[Need, str] = {}
    for need in dict.fromkeys(need for job in jobs for need in job.needs):
        try:
            need()
        except Exception as error:
            missing[need] = _description(error)
    return {
        number: missing[need]
        for number, job in enumerate(jobs)
        for need in job.needs
        if need in missing
    }


class Queue:
    """Jobs that have not begun, by their numbers. Those that take several processors come first,
    because later such a number would not be free at once; then those that take long, because the
    short ones fill what they leave."""

    def __init__(self, jobs: Iterable[Job], processors: int) -> None:
        self.free = processors
        self._most = processors
        self._jobs = dict(enumerate(jobs))
        order = sorted(self._jobs.items(), key=lambda item: self._urgency(item[1]))
        self._waiting = [number for number, _ in order]

    def _urgency(self, job: Job) -> tuple[float, float]:
        return -self._width(job), -job.about

    def _width(self, job: Job) -> int:
        return min(job.processors, self._most)

    def begin(self) -> int | None:
        """The number of the job to begin now, whose processors are taken; None if none fits."""
        for number in self._waiting:
            if self._width(self._jobs[number]) <= self.free:
                self._waiting.remove(number)
                self.free -= self._width(self._jobs[number])
                return number
        return None

    def end(self, number: int) -> None:
        """Its processors are free again."""
        self.free += self._width(self._jobs[number])
