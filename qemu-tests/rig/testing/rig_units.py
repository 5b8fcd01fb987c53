# SPDX-License-Identifier: MIT
"""The rig's own logic, by unittest (qemu-tests/unit)."""

from __future__ import annotations

import unittest
from collections.abc import Iterator

from .. import paths
from ..ktap import Case
from .results import Group, Selection

NAME = "rig units"


class Recorder(unittest.TestResult):
    """Turns unittest's calls into cases."""

    def __init__(self, group: Group) -> None:
        super().__init__()
        self._group = group

    def addSuccess(self, test: unittest.TestCase) -> None:
        self._group.add(Case(_name(test), "passed"))

    def addFailure(self, test: unittest.TestCase, err: object) -> None:
        super().addFailure(test, err)  # type: ignore[arg-type]
        self._group.add(Case(_name(test), "failed", self.failures[-1][1]))

    def addError(self, test: unittest.TestCase, err: object) -> None:
        super().addError(test, err)  # type: ignore[arg-type]
        self._group.add(Case(_name(test), "failed", self.errors[-1][1]))

    def addSubTest(
        self, test: unittest.TestCase, subtest: unittest.TestCase, err: object
    ) -> None:
        super().addSubTest(test, subtest, err)  # type: ignore[arg-type]
        if err is not None:  # a test of which a part failed ends without another call
            detail = (self.failures + self.errors)[-1][1]
            self._group.add(Case(f"{_name(test)} {subtest._subDescription()}", "failed", detail))

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        self._group.add(Case(_name(test), "skipped", reason))


def _name(test: unittest.TestCase) -> str:
    return test.id().removeprefix("unit.").removeprefix("test_")


def _all() -> Iterator[unittest.TestCase]:
    loader = unittest.TestLoader()
    pending = [loader.discover(str(paths.QEMU_TESTS / "unit"), top_level_dir=str(paths.QEMU_TESTS))]
    while pending:
        for item in pending.pop(0):
            if isinstance(item, unittest.TestSuite):
                pending.append(item)
            else:
                yield item


def listing() -> list[str]:
    return [_name(test) for test in _all()]


def run(group: Group, selection: Selection) -> None:
    recorder = Recorder(group)
    for test in _all():
        if selection.wants(NAME, _name(test)):
            test.run(recorder)
