# SPDX-License-Identifier: MIT
"""Reads a KTAP report (version 1) out of a console's output, which may hold other lines too.

https://docs.kernel.org/dev-tools/ktap.html; one flat level is enough for our guests."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_VERSION = re.compile(r"KTAP version (\d+)\s*$")
_PLAN = re.compile(r"1\.\.(\d+)\s*$")
_RESULT = re.compile(r"(not ok|ok) (\d+)(?: -)? ?(.*?)\s*$")
_DIRECTIVE = re.compile(r"\s*# (SKIP|TODO)\b\s*(.*)$", re.I)
_MOST_TESTS = 100_000


@dataclass(frozen=True)
class Case:
    """One result. `outcome` is passed, failed or skipped; `detail` the reason or diagnostics."""

    name: str
    outcome: str
    detail: str = ""


@dataclass
class Report:
    """All cases in order; what is wrong with the report itself counts as failed cases."""

    cases: list[Case] = field(default_factory=list)
    complete: bool = False  # the plan was seen and so was its last number


class Parser:
    """feed() lines, then finish()."""

    def __init__(self) -> None:
        self._version = False
        self._plan: int | None = None
        self._cases: list[Case] = []
        self._problems: list[Case] = []
        self._diagnostics: list[str] = []
        self._last = 0
        self._ended = False  # a second report's lines must not count

    @property
    def complete(self) -> bool:
        """Whether the last planned result has been seen."""
        return self._plan is not None and self._last >= self._plan

    def feed(self, line: str) -> None:
        line = line.strip("\r\n")
        if match := _VERSION.match(line):
            self._start(match.group(1))
        elif not self._version:
            return
        elif match := _PLAN.match(line):
            self._set_plan(int(match.group(1)))
        elif match := _RESULT.match(line):
            self._result(match.group(1) == "ok", int(match.group(2)), match.group(3))
        elif line.startswith("# "):
            self._diagnostics.append(line[2:])

    def finish(self, ending: str | None = None) -> Report:
        """The report. `ending` says what went wrong with the guest itself, if anything did."""
        self._attach_diagnostics()
        if ending:
            self._problem(ending)
        if not self._version:
            self._problem("no KTAP report was printed")
        elif self._plan is None:
            self._problem("the report has no plan (1..N)")
        else:
            if self._plan == 0:
                self._problem("the report plans no test")
            for number in range(self._last + 1, self._plan + 1):
                self._cases.append(Case(f"test {number}", "failed", "no result"))
        return Report(self._cases + self._problems, self.complete)

    def _start(self, version: str) -> None:
        if self._version:
            self._problem("a second report began: did the guest restart?")
        if version != "1":
            self._problem(f"the report is KTAP version {version}, not 1")
        self._version = True

    def _set_plan(self, count: int) -> None:
        if self._plan is not None:
            self._problem("the report has a second plan")
        elif count > _MOST_TESTS:
            self._problem(f"the plan of {count} tests is not believable")
        else:
            self._plan = count

    def _result(self, passed: bool, number: int, rest: str) -> None:
        self._attach_diagnostics()
        directive = _DIRECTIVE.search(rest)
        name = rest[: directive.start()].strip() if directive else rest
        name = name or f"test {number}"
        if number <= self._last:
            self._problem(f"number {number} ({name}) came twice or out of order")
            return
        if self._plan is not None and number > self._plan:
            self._problem(f"number {number} ({name}) is not in the plan of {self._plan}")
            return
        for missing in range(self._last + 1, number):
            self._cases.append(Case(f"test {missing}", "failed", "no result"))
        self._last = number
        if directive and directive.group(1).upper() == "SKIP" and passed:
            reason = directive.group(2).strip() or "no reason given"
            self._cases.append(Case(name, "skipped", reason))
        else:
            self._cases.append(Case(name, "passed" if passed else "failed"))

    def _attach_diagnostics(self) -> None:
        """Diagnostics belong to the result before them, when that is a failure."""
        if self._diagnostics and self._cases and self._cases[-1].outcome == "failed":
            case = self._cases[-1]
            detail = "\n".join(filter(None, [case.detail, *self._diagnostics]))
            self._cases[-1] = Case(case.name, case.outcome, detail)
        self._diagnostics.clear()

    def _problem(self, text: str) -> None:
        self._problems.append(Case("the report itself", "failed", text))


def parse(text: str, ending: str | None = None) -> Report:
    """The report in a console's whole output."""
    parser = Parser()
    for line in text.split("\n"):
        parser.feed(line)
    return parser.finish(ending)


class Progress:
    """Follows a report for the line that a waiting user sees."""

    def __init__(self) -> None:
        self._rest = b""
        self._plan = "?"
        self._last = ""

    def feed(self, data: bytes) -> str:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for raw in lines:
            line = raw.decode(errors="replace").strip()
            if match := _PLAN.match(line):
                self._plan = match.group(1)
            elif match := _RESULT.match(line):
                self._last = f"{match.group(2)} of {self._plan}, {match.group(3)}"
        return self._last or "booting"
