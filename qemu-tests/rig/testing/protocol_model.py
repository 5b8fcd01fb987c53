# SPDX-License-Identifier: MIT
"""The cooperation protocol's model (cooperation/protocol/model): searched by SPIN, and recordings
of both sides replayed against it. What coopd records on the rig is judged by the tests there."""

from __future__ import annotations

import importlib
import re
import sys
import unittest
from types import ModuleType

from .. import packages, paths, process
from ..ktap import Case
from ..progress import Step
from .jobs import Built, Job
from .results import Collector, Group, Selection
from .rig_units import Recorder

NAME = "protocol model"
_LIFE = "hostunit/cooperation/cooperation_record_life"
_COOPD = "hostunit/cooperation/coopd/cooperation_record_coopd"
_SEEDS = (1, 2, 3)
_STEPS = 1000
_RECORD_TIMEOUT = 120
_SEARCH_TIMEOUT = 1200
_RESULT = re.compile(r"^(ok|FAILED): (.*?): (.*)$", re.M)
_MODEL = paths.ROOT / "cooperation" / "protocol" / "model"


def _load(name: str) -> ModuleType:
    directory = str(_MODEL)
    if directory not in sys.path:
        sys.path.insert(0, directory)
    return importlib.import_module(name)


def _replays() -> dict[str, list[str]]:
    """Names of what is recorded and replayed, with the recorder and its arguments."""
    kinds = {
        "a recorded life": (_LIFE, []),
        "a life with a hostile guest": (_LIFE, ["hostile"]),
        "coopd on a fake Xen": (_COOPD, []),
    }
    return {
        f"{kind} is replayed, seed {seed}": [recorder, str(seed), str(_STEPS), *more]
        for kind, (recorder, more) in kinds.items()
        for seed in _SEEDS
    }


def listing() -> list[str]:
    return [run.name for run in _load("verify").RUNS] + list(_replays())


def jobs(selection: Selection) -> list[Job]:
    """All of it is one, because most of it is one search after the other."""
    wanted = {name for name in listing() if selection.wants(NAME, name)}
    if not wanted and not selection.whole(NAME):
        return []
    needs = (install, Built(paths.HOST_PRESET)) if wanted & set(_replays()) else (install,)
    return [Job(NAME, NAME, lambda _lane: _run(wanted, selection.whole(NAME)), needs, about=20)]


def install() -> None:
    packages.ensure_host("model")


def judge(recording: str) -> int:
    """How many lines were judged; raises where the rules do not allow one."""
    return _load("replay").judge(recording)


def _run(wanted: set[str], whole: bool) -> list[Case]:
    group = Collector(NAME)
    _search(group, wanted)
    if whole:
        tests = unittest.TestLoader().loadTestsFromModule(_load("test_replay"))
        tests.run(Recorder(group))
    _replay(group, wanted)
    return group.cases


def _search(group: Group, wanted: set[str]) -> None:
    runs = [run.name for run in _load("verify").RUNS if run.name in wanted]
    if not runs:
        return
    command = [sys.executable, "-B", _MODEL / "verify.py", *runs]
    with Step("searching the model") as step:
        _, text = process.run(command, timeout=_SEARCH_TIMEOUT, check=False, step=step)
        step.note("")
    found = {name: (result, seen) for result, name, seen in _RESULT.findall(text)}
    for name in runs:
        result, seen = found.get(name, ("", f"did not end:\n{text[-2000:]}"))
        group.add(Case(name, "passed" if result == "ok" else "failed", seen))


def _replay(group: Group, wanted: set[str]) -> None:
    replays = {name: more for name, more in _replays().items() if name in wanted}
    if not replays:
        return
    directory = paths.preset_directory(paths.HOST_PRESET)
    replay = _load("replay")
    for name, (recorder, *arguments) in replays.items():
        command = [directory / recorder, *arguments]
        status, text = process.run(command, timeout=_RECORD_TIMEOUT, check=False)
        detail = "" if status == 0 else f"the recorder ended with status {status}"
        try:
            replay.judge(text)
        except replay.Refused as reason:
            detail = str(reason)
        group.add(Case(name, "failed" if detail else "passed", detail))
