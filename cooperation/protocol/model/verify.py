#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Searches the model of the protocol exhaustively with SPIN.

    verify.py [NAME...]

Each run is a bounded number of deaths of either side, exchanges, departures and lost edges. Those
named `defect ...` plant a mistake, which must be found. Without NAME all are run. Prints how many
states each has; exit status 1 if one does not end as it must."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

MODEL = Path(__file__).resolve().parent
TIMEOUT = 600
MEMORY = 2000  # MiB, at most
DEPTH = 100_000
SOUND = 0


@dataclass(frozen=True)
class Run:
    name: str
    vmm_deaths: int = 0
    guest_deaths: int = 0
    requests: int = 0
    transfers: int = 0
    releases: int = 0
    leaves: int = 0
    lost_edges: int = 0
    defect: int = SOUND  # as numbered in rules.pml

    @property
    def definitions(self) -> list[str]:
        values = {key: value for key, value in vars(self).items() if key != "name"}
        return [f"-D{key.upper()}={value}" for key, value in values.items()]


def _dying(name: str, defect: int = SOUND) -> Run:
    return Run(name, vmm_deaths=1, guest_deaths=1, requests=1, transfers=1, defect=defect)


RUNS = (
    _dying("both sides die"),
    Run("the VMM side dies twice", vmm_deaths=2, guest_deaths=1, requests=1),
    Run("the VMM side dies, edges get lost", vmm_deaths=1, requests=1, transfers=1, lost_edges=2),
    Run("the guest dies, edges get lost", guest_deaths=1, requests=1, transfers=1, lost_edges=2),
    Run("the guest leaves and comes back", requests=1, transfers=1, releases=1, leaves=1),
    Run("rings run full", requests=2, transfers=1, releases=1),
    Run("rings run full, the guest leaves", requests=1, releases=3, leaves=1),
    _dying("defect 1, an edge is cleared late", defect=1),
    _dying("defect 2, WELCOME before its status", defect=2),
    _dying("defect 3, a request is answered twice", defect=3),
    _dying("defect 4, a session number is used again", defect=4),
    Run("defect 5, no edge from a full ring", requests=1, releases=3, defect=5),
    _dying("defect 6, an offer is forgotten", defect=6),
)


def _tool(directory: str, *command: str) -> str:
    done = subprocess.run(
        command, cwd=directory, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {(done.stdout + done.stderr).strip()[-2000:]}")
    return done.stdout


def search(run: Run) -> tuple[str, int]:
    """The first violation ("" if there is none) and the number of states."""
    with tempfile.TemporaryDirectory() as directory:
        for name in ("rules.pml", "verify.pml"):
            Path(directory, name).write_text((MODEL / name).read_text())
        _tool(directory, "spin", *run.definitions, "-a", "verify.pml")
        options = ("-O2", "-DSAFETY", "-DCOLLAPSE", f"-DMEMLIM={MEMORY}")
        _tool(directory, "gcc", *options, "-o", "pan", "pan.c")
        text = _tool(directory, "./pan", f"-m{DEPTH}")
    errors = re.search(r"errors: (\d+)", text)
    states = re.search(r"(\d+) states, stored", text)
    violation = re.search(r"pan:1: (.*)", text)
    whole = "max search depth too small" not in text and "Search not completed" not in text
    if errors is None or states is None or not (whole or violation):
        raise RuntimeError(f"the search did not end: {text.strip()[-2000:]}")
    return violation[1] if violation else "", int(states[1])


def judge(run: Run) -> tuple[bool, str]:
    """Whether it ended as it must, and what was seen."""
    violation, states = search(run)
    seen = f"{states} states, {violation or 'no violation'}"
    return (violation != "") == (run.defect != SOUND), seen


def main(arguments: list[str]) -> int:
    if arguments and arguments[0].startswith("-"):
        print(__doc__)
        return 0 if arguments in (["-h"], ["--help"]) else 2
    unknown = set(arguments) - {run.name for run in RUNS}
    if unknown:
        print(f"no such run: {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    runs = [run for run in RUNS if not arguments or run.name in arguments]
    failed = False
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for run, (good, seen) in zip(runs, pool.map(judge, runs)):
            failed |= not good
            print(f"{'ok' if good else 'FAILED'}: {run.name}: {seen}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
