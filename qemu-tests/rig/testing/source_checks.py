# SPDX-License-Identifier: MIT
"""What tools/check_source.py and tools/check_tidy.py say of the sources."""

from __future__ import annotations

import sys

from .. import packages, paths, process
from ..ktap import Case
from ..progress import Step
from . import tools
from .results import Group, Selection

NAME = "source checks"
_TIDY = "clang-tidy has nothing to say"
_TIDY_PRESET = "clang-release"
_TIDY_TIMEOUT = 900
_MOST_FINDINGS = 60


def listing() -> list[str]:
    return [name for name, _ in tools.load("check_source").CHECKS] + [_TIDY]


def run(group: Group, selection: Selection) -> None:
    wanted = [name for name in listing() if selection.wants(NAME, name)]
    if not wanted:
        return
    packages.ensure_host("checks")
    for name, check in tools.load("check_source").CHECKS:
        if name in wanted:
            _add(group, name, check())
    if selection.whole(NAME):
        tools.run_units("check_source", group)
    if _TIDY in wanted:
        _tidy(group, selection.slow)


def _add(group: Group, name: str, findings: list[str]) -> None:
    if len(findings) > _MOST_FINDINGS:
        findings[_MOST_FINDINGS:] = [f"(+{len(findings) - _MOST_FINDINGS} more)"]
    group.add(Case(name, "failed" if findings else "passed", "\n".join(findings)))


def _tidy(group: Group, deep: bool) -> None:
    directory = paths.preset_directory(_TIDY_PRESET)
    if not (directory / "lavandin").exists():
        reason = f"needs `./lavandin build --preset {_TIDY_PRESET}`"
        group.add(Case(_TIDY, "skipped", reason))
        return
    program = paths.TOOLS / "check_tidy.py"
    with Step("running clang-tidy"):
        status, output = process.run(
            [sys.executable, "-B", program, *["--deep"] * deep, directory],
            timeout=_TIDY_TIMEOUT,
            check=False,
        )
    findings = output.strip().split("\n") if output.strip() else []
    _add(group, _TIDY, findings or ([f"ended with status {status}"] if status else []))
