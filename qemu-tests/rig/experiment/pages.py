# SPDX-License-Identifier: MIT
"""docs/experiments.md, made from docs/experiments.json, which `./lavandin experiment --record`
writes, and the pictures that it shows."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from .. import packages, paths, process
from ..errors import RigError
from . import summary
from .setups import EXPLAINED

Json = dict[str, Any]
RECORD = paths.ROOT / "docs" / "experiments.json"
PAGE = paths.ROOT / "docs" / "experiments.md"
_PICTURES = paths.ROOT / "docs" / "pictures"
_PLOT = paths.ROOT / "cooperation" / "simulator" / "plot.py"
_INTRODUCTION = """# Experiments

<!-- Made by `./lavandin experiment --record` from docs/experiments.json; not written. -->

Guests on Debian's Xen in the rig (`qemu-tests/`), in real time, each scenario in several set-ups
whose runs alternate on one machine:

{setups}

In all of them coopd runs and counts; without cooperation it changes nothing (`--dry-run`). Figures
are medians over the runs, with the least and the most in brackets; ratios are of neighbouring runs,
cooperation by the other. Shares of processors are from Xen's CPU time. Work is counted in chunks,
barriers or bursts of loops that were timed once on the quiet machine. What differs by less than the
spread is no difference. The processors are emulated (QEMU's TCG), which distorts single costs; what
counts is how set-ups compare.
"""


def draw(results: Path, picture: Path, number: int) -> None:
    """The run of that number in each set-up, with the simulator's own program."""
    packages.ensure_host("pictures")
    command = [sys.executable, "-B", _PLOT, results, "--output", picture, "--seed", number]
    process.run([str(word) for word in command], timeout=300)


def recorded() -> Json:
    if not RECORD.exists():
        return {}
    try:
        return json.loads(RECORD.read_text())
    except ValueError as error:
        raise RigError(f"{RECORD}: {error}") from error


def record(description: str, document: Json, picture: Path | None) -> None:
    """Puts an experiment among those that the page shows, and makes the page anew."""
    runs = document["runs"]
    name = runs[0]["scenario"]
    known = recorded()
    known[name] = {
        "description": description,
        "conditions": document["conditions"],
        "setups": summary.setups_of(runs),
        "rows": summary.rows(runs),
        "picture": None,
    }
    if picture is not None:
        known[name]["picture"] = f"experiment-{name}.png"
        shutil.copyfile(picture, _PICTURES / known[name]["picture"])
    RECORD.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    PAGE.write_text(page(known))


def page(known: Json) -> str:
    setups = "\n".join(f"- *{name}*: {what}." for name, what in EXPLAINED.items())
    parts = [_INTRODUCTION.format(setups=setups)]
    sections = [_section(name, known[name]) for name in sorted(known)]
    parts += sections or ["Nothing is recorded yet.\n"]
    return "\n".join(parts)


def _section(name: str, entry: Json) -> str:
    present = entry["setups"]
    head = [word for word in summary.head(present) if word]
    lines = [f"## {name}", "", entry["description"], ""]
    if entry["picture"]:
        lines += [f"![{name} in each set-up](pictures/{entry['picture']})", ""]
    lines += [f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
    for row in entry["rows"]:
        cells = [summary.label(row), *summary.cells(row, present)]
        lines.append(f"| {' | '.join(cells[: len(head)])} |")
    conditions = "; ".join(
        f"{key} {value}" for key, value in entry["conditions"].items() if key != "command"
    )
    lines += ["", f"Conditions: {conditions}. Repeat:", "", f"    {entry['conditions']['command']}"]
    return "\n".join(lines) + "\n"
