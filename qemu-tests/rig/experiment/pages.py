# SPDX-License-Identifier: MIT
"""The parts of docs/experiments.md that are made: one for each experiment, from what
`./lavandin experiment --record` keeps in docs/experiments.json, between a line that names it and
one that ends it. All between these parts is written by hand."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from .. import packages, paths, process
from ..errors import RigError
from . import goals, summary

Json = dict[str, Any]
RECORD = paths.ROOT / "docs" / "experiments.json"
PAGE = paths.ROOT / "docs" / "experiments.md"
_PICTURES = paths.ROOT / "docs" / "pictures"
_PLOT = paths.ROOT / "cooperation" / "simulator" / "plot.py"
_PART = re.compile(r"^<!-- experiment (\S+) -->\n(.*?)^<!-- end -->\n", re.M | re.S)


def draw(results: Path, picture: Path, number: int) -> None:
    """The run of that number in each set-up, with the simulator's own program."""
    packages.ensure_host("pictures")
    command = [sys.executable, "-B", _PLOT, results, "--output", picture, "--seed", number]
    process.run([str(word) for word in [*command, "--side-by-side"]], timeout=300)


def recorded() -> Json:
    if not RECORD.exists():
        return {}
    try:
        return json.loads(RECORD.read_text())
    except ValueError as error:
        raise RigError(f"{RECORD}: {error}") from error


def record(description: str, document: Json, picture: Path | None) -> None:
    """Puts an experiment among those that the page shows, and makes its part anew."""
    runs = document["runs"]
    name = runs[0]["scenario"]
    known = recorded()
    known[name] = {
        "description": description,
        "conditions": document["conditions"],
        "setups": summary.setups_of(runs),
        "goals": goals.judged(name, runs),
        "rows": summary.rows(runs),
        "picture": None,
    }
    if picture is not None:
        known[name]["picture"] = f"experiment-{name}.png"
        shutil.copyfile(picture, _PICTURES / known[name]["picture"])
    RECORD.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    PAGE.write_text(page(PAGE.read_text(), known))


def page(text: str, known: Json) -> str:
    """The text with its parts made anew; a part that it has not yet comes last."""
    shown = {name for name, _ in _PART.findall(text)}
    if gone := sorted(shown - known.keys()):
        raise RigError(f"{PAGE} shows {gone[0]}, which is not recorded")
    for name in sorted(known.keys() - shown):
        text += f"\n## {name}\n\n<!-- experiment {name} -->\n<!-- end -->\n"
    return _PART.sub(lambda match: _part(match.group(1), known[match.group(1)]), text)


def _table(head: list[str], lines: list[list[str]]) -> list[str]:
    made = [f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
    return made + [f"| {' | '.join(cells)} |" for cells in lines]


def _part(name: str, entry: Json) -> str:
    present = entry["setups"]
    lines = [f"<!-- experiment {name} -->", "", entry["description"], ""]
    if entry["picture"]:
        lines += [f"![{name} in each set-up](pictures/{entry['picture']})", ""]
    if entry["goals"]:
        lines += [*_table(goals.HEAD, [goals.cells(goal) for goal in entry["goals"]]), ""]
    rows = [[summary.label(row), *summary.cells(row, present)] for row in entry["rows"]]
    conditions = "; ".join(
        f"{key} {value}" for key, value in entry["conditions"].items() if key != "command"
    )
    lines += [*_table(summary.head(present), rows), "", f"Conditions: {conditions}. Repeat:", ""]
    lines += [f"    {entry['conditions']['command']}", "", "<!-- end -->"]
    return "\n".join(lines) + "\n"
