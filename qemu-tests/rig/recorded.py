# SPDX-License-Identifier: MIT
"""The figures that the documentation shows: docs/figures.json, written and compared by
`./lavandin bench`."""

from __future__ import annotations

import json
import sys
from typing import Any

from . import paths, process, readme
from .errors import RigError
from .figures import Figure, Floor

FILE = paths.ROOT / "docs" / "figures.json"
_REFERENCE = paths.ROOT / "docs" / "interface.md"
_TOLERANCE = 0.02  # of a median
_COUNTS = {
    "lavandin": ("entries", "hypercalls", "table_switches"),
    "linux": ("counted_entries", "counted_hypercalls", "table_loads"),
}
_COUNT_TOLERANCE = 0.25  # an interrupt now and then
# What figures depend on; with anything else they are not comparable.
_DEPENDS_ON = ("QEMU", "Xen", "Linux", "compiler", "C library", "cpu")


def _entry(figure: Figure, counts: tuple[str, ...]) -> dict[str, float]:
    row = {"median": figure.median}
    return row | {name: round(getattr(figure, name) or 0, 2) for name in counts}


def content(
    provenance: dict[str, str], floor: list[Figure], lavandin: list[Figure], linux: list[Figure]
) -> dict[str, Any]:
    """What is recorded. Compared is what was counted, too; how long a start takes depends on
    everything that is started, and is only shown."""
    least = Floor.of(floor)
    ours = {f.name: _entry(f, _COUNTS["lavandin"]) for f in lavandin if f.counted}
    for figure in lavandin:
        if figure.counted:
            ours[figure.name]["floor"] = round(least.under(figure) or 0)
    theirs = {f.name: _entry(f, _COUNTS["linux"]) for f in linux if f.counted}
    shown = {"lavandin": _uncounted(lavandin), "linux": _uncounted(linux)}
    return {"provenance": provenance, "lavandin": ours, "linux": theirs, "not compared": shown}


def _uncounted(figures: list[Figure]) -> dict[str, dict[str, Any]]:
    return {f.name: {"median": f.median, "unit": f.unit} for f in figures if not f.counted}


def write(new: dict[str, Any]) -> None:
    """Writes the file, and the two pages that show it."""
    FILE.write_text(json.dumps(new, indent=1) + "\n")
    readme.write(new)
    abi = paths.ROOT / "kernel" / "abi"
    command = [sys.executable, "-B", str(abi / "generate.py"), str(abi / "system_calls.toml")]
    process.run([*command, "reference", str(_REFERENCE)], timeout=60)


def read() -> dict[str, Any]:
    try:
        return json.loads(FILE.read_text())
    except (OSError, ValueError) as error:
        raise RigError(f"{FILE}: {error}; ./lavandin bench --record makes it") from error


def other_ground(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Why the two cannot be compared: what they were measured with differs."""
    before, after = old["provenance"], new["provenance"]
    return [
        f"{name}: recorded with {before.get(name)}, measured with {after.get(name)}"
        for name in _DEPENDS_ON
        if before.get(name) != after.get(name)
    ]


def drift(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What is not as it was recorded, one line each."""
    found = []
    for system, counts in _COUNTS.items():
        for name in old[system].keys() - new[system].keys():
            found.append(f"{system}: {name}: is not measured any more")
        for name in new[system].keys() - old[system].keys():
            found.append(f"{system}: {name}: is not recorded")
        for name in old[system].keys() & new[system].keys():
            found += _differences(f"{system}: {name}", old[system][name], new[system][name], counts)
    return sorted(found)


def _differences(
    title: str, old: dict[str, float], new: dict[str, float], counts: tuple[str, ...]
) -> list[str]:
    found = []
    if abs(new["median"] - old["median"]) > _TOLERANCE * old["median"]:
        found.append(f"{title}: {old['median']:,.0f} was recorded, it is {new['median']:,.0f}")
    for count in counts:
        if abs(new[count] - old[count]) > _COUNT_TOLERANCE + _TOLERANCE * old[count]:
            found.append(f"{title}: {old[count]} {count} were recorded, it is {new[count]}")
    return found
