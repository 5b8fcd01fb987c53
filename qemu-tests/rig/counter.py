# SPDX-License-Identifier: MIT
"""Builds the QEMU plugin of qemu-tests/counter, and reads the lines that it writes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from . import cache, packages, paths, process
from .errors import RigError

_SOURCE = paths.QEMU_TESTS / "counter" / "counter.c"
_STRETCH, _FIRST = "COUNT ", "FIRST "


@dataclass(frozen=True)
class Stretch:
    """What happened between two marks."""

    entries: int
    hypercalls: int
    table_loads: int
    longest: int  # instructions of the guest's kernel in one go


@dataclass(frozen=True)
class Counts:
    """All stretches in their order, and how many instructions were executed from the guest kernel's
    first to the first of user code."""

    stretches: list[Stretch]
    to_first_user: int


def build() -> Path:
    """The plugin, made when its source changed."""
    return cache.made("counter.so", cache.fingerprint([_SOURCE]), _compile)


def _compile(file: Path) -> None:
    packages.ensure_host("build")
    process.run(
        ["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
        + ["-fvisibility=hidden", "-o", str(file), str(_SOURCE)],
        timeout=60,
    )


def arguments(log: Path) -> list[str]:
    """For QEMU, which writes the plugin's lines to `log`."""
    return ["-plugin", str(build()), "-d", "plugin", "-D", str(log)]


def read(log: Path) -> Counts:
    """What the plugin wrote. Raises RigError when that is not whole."""
    stretches, first = [], None
    for line in log.read_text(errors="replace").splitlines():
        try:
            if line.startswith(_STRETCH):
                stretches.append(Stretch(**json.loads(line.removeprefix(_STRETCH))))
            elif line.startswith(_FIRST):
                first = int(json.loads(line.removeprefix(_FIRST))["instructions"])
        except (ValueError, TypeError, KeyError) as error:
            raise RigError(f"{log}: malformed line ({error}): {line}") from error
    if first is None:
        raise RigError(f"{log}: no user code was seen")
    return Counts(stretches, first)
