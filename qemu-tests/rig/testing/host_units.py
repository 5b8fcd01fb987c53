# SPDX-License-Identifier: MIT
"""GoogleTest on the host (hostunit/), built by the CMake preset `host` and run by ctest."""

from __future__ import annotations

import json
import os
import xml.etree.ElementTree as ElementTree

from .. import build, paths, process
from ..ktap import Case
from ..progress import Step
from .results import Group, Selection

NAME = "host units"
PRESET = paths.HOST_PRESET
_TIMEOUT = 1200
_ONE_TEST_TIMEOUT = 120


def listing() -> list[str]:
    """The names of the tests, when they are built."""
    directory = paths.preset_directory(PRESET)
    if not (directory / "CTestTestfile.cmake").exists():
        return ["(not built yet)"]
    _, text = process.run(
        ["ctest", "--test-dir", directory, "--show-only=json-v1"], timeout=60, check=False
    )
    return [test["name"] for test in json.loads(text)["tests"]]


def run(group: Group, selection: Selection) -> None:
    if not selection.whole(NAME) and not any(selection.wants(NAME, name) for name in listing()):
        return
    build.ensure(PRESET)
    directory = paths.preset_directory(PRESET)
    report = directory / "ctest.xml"
    report.unlink(missing_ok=True)
    command = ["ctest", "--test-dir", directory, "-j", str(len(os.sched_getaffinity(0)))]
    command += ["--output-junit", report, "--timeout", str(_ONE_TEST_TIMEOUT)]
    with Step("running host units") as step:
        status, output = process.run(
            command, timeout=_TIMEOUT, check=False, step=step, log=paths.LOGS / "host-units.log"
        )
        step.note("")
    before = len(group.cases)
    if report.exists():
        for element in ElementTree.parse(report).getroot().iter("testcase"):
            case = _case(element)
            if selection.wants(NAME, case.name):
                group.add(case)
    if selection.whole(NAME) and len(group.cases) == before:
        group.add(Case("ctest", "failed", f"no test ran:\n{output[-2000:]}"))
    elif status and selection.whole(NAME) and not group.failed:
        group.add(Case("ctest", "failed", f"ended with status {status}:\n{output[-2000:]}"))


def _case(element: ElementTree.Element) -> Case:
    name = element.get("name", "?")
    output = (element.findtext("system-out") or "").strip()
    skipped = element.find("skipped")
    if element.get("status") == "run" and skipped is None:
        return Case(name, "passed")
    if skipped is not None and "SKIP" in skipped.get("message", ""):
        return Case(name, "skipped", output.split("\n")[-1] or "no reason given")
    return Case(name, "failed", "\n".join(output.split("\n")[-40:]) or "did not run")
