# SPDX-License-Identifier: MIT
"""GoogleTest on the host (hostunit/), built by the CMake preset `host`. ctest runs each executable
once, for all its cases; what came of each case is in `results/`."""

from __future__ import annotations

import json
import os
import shutil
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

from .. import build, paths, process
from ..ktap import Case
from ..progress import Step
from .results import Group, Selection

NAME = "host units"
PRESET = paths.HOST_PRESET
_TIMEOUT = 1800
_ONE_EXECUTABLE_TIMEOUT = 600


def listing() -> list[str]:
    """The names of the cases, when they are built and have run; else of the executables."""
    directory = paths.preset_directory(PRESET)
    if not (directory / "CTestTestfile.cmake").exists():
        return ["(not built yet)"]
    _, text = process.run(
        ["ctest", "--test-dir", directory, "--show-only=json-v1"], timeout=60, check=False
    )
    names = [test["name"] for test in json.loads(text)["tests"]]
    known = {name: [case.name for case in _results(directory, name)] for name in names}
    return [case for name in names for case in known[name] or [name]]


def run(group: Group, selection: Selection) -> None:
    if not selection.whole(NAME) and not any(selection.wants(NAME, name) for name in listing()):
        return
    build.ensure(PRESET)
    directory = paths.preset_directory(PRESET)
    shutil.rmtree(directory / "results", ignore_errors=True)
    report = directory / "ctest.xml"
    report.unlink(missing_ok=True)
    command = ["ctest", "--test-dir", directory, "-j", str(len(os.sched_getaffinity(0)))]
    command += ["--output-junit", report, "--timeout", str(_ONE_EXECUTABLE_TIMEOUT)]
    with Step("running host units") as step:
        status, output = process.run(
            command, timeout=_TIMEOUT, check=False, step=step, log=paths.LOGS / "host-units.log"
        )
        step.note("")
    before = len(group.cases)
    if report.exists():
        for case in cases(report, directory):
            if selection.wants(NAME, case.name):
                group.add(case)
    if selection.whole(NAME) and len(group.cases) == before:
        group.add(Case("ctest", "failed", f"no test ran:\n{output[-2000:]}"))
    elif status and selection.whole(NAME) and not group.failed:
        group.add(Case("ctest", "failed", f"ended with status {status}:\n{output[-2000:]}"))


def cases(report: Path, directory: Path) -> Iterator[Case]:
    """Those of all executables that `report`, ctest's own, names. One that failed has a failed
    case, if not of its own (it crashed, or a sanitizer ended it), then one with its name."""
    for element in ElementTree.parse(report).getroot().iter("testcase"):
        name = element.get("name", "?")
        own = list(_results(directory, name))
        yield from own
        well = element.get("status") == "run"
        if not well and not any(case.outcome == "failed" for case in own):
            output = (element.findtext("system-out") or "").strip()
            yield Case(name, "failed", "\n".join(output.split("\n")[-40:]) or "did not run")
        elif not own:
            yield Case(name, "passed")


def _results(directory: Path, executable: str) -> Iterator[Case]:
    file = directory / "results" / f"{executable}.json"
    if not file.exists():
        return
    for suite in json.loads(file.read_text())["testsuites"]:
        for test in suite["testsuite"]:
            name = f"{executable}.{suite['name']}.{test['name']}"
            yield _case(name, test)


def _case(name: str, test: dict) -> Case:
    if test.get("failures"):
        return Case(name, "failed", "\n".join(each["failure"] for each in test["failures"]))
    if test["result"] == "SKIPPED":
        return Case(name, "skipped", "it says so itself (build/logs/host-units.log)")
    if test["status"] != "RUN" or test["result"] != "COMPLETED":
        return Case(name, "failed", f"did not run: {test['status']}, {test['result']}")
    return Case(name, "passed")
