# SPDX-License-Identifier: MIT
"""Runs the guest's benchmarks deterministically and reads their figures from its console."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from . import hang, packages, process, qemu
from .errors import RigError, TimedOut
from .machine import GuestConfig, MachineOptions
from .modes import start
from .progress import Step

COMMAND_LINE = "run=bench"
_MARK = "BENCH "
_KEYS = {"name": str, "instructions": (int, float), "iterations": int, "unit": str}


@dataclass(frozen=True)
class Figure:
    """One operation's cost; min and max are those of the single batches, where given."""

    name: str
    instructions: float
    iterations: int
    unit: str
    min: float | None = None
    max: float | None = None


@dataclass(frozen=True)
class Run:
    """All figures and what they were measured on."""

    figures: list[Figure]
    cpu: str
    versions: dict[str, str]

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=2)

    def as_table(self) -> str:
        rows = [("operation", "per operation", "min", "max", "unit", "iterations")]
        for figure in self.figures:
            numbers = [_number(n) for n in (figure.instructions, figure.min, figure.max)]
            rows.append((figure.name, *numbers, figure.unit, f"{figure.iterations:,}"))
        widths = [max(len(row[column]) for row in rows) for column in range(6)]
        lines = []
        for row in rows:
            cells = [row[0].ljust(widths[0])]
            cells += [row[c].rjust(widths[c]) for c in (1, 2, 3)]
            cells += [row[4].ljust(widths[4]), row[5].rjust(widths[5])]
            lines.append("  ".join(cells).rstrip())
        lines.insert(1, "-" * max(map(len, lines)))
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return "\n".join([*lines, "", f"-cpu {self.cpu}, deterministic mode; {versions}"])


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def parse(text: str) -> list[Figure]:
    """The `BENCH {json}` lines of a console's output. Raises RigError on a malformed one."""
    figures = []
    for line in text.split("\n"):
        _, mark, body = line.strip().partition(_MARK)
        if not mark or not body.startswith("{"):
            continue
        try:
            row = json.loads(body)
        except ValueError as error:
            raise RigError(f"malformed figure ({error}): {line}") from error
        for key, kind in _KEYS.items():
            if not isinstance(row.get(key), kind):
                raise RigError(f"figure without a good {key!r}: {line}")
        known = {key: row.get(key) for key in Figure.__dataclass_fields__}
        figures.append(Figure(**known))
    names = [figure.name for figure in figures]
    if len(set(names)) != len(names):
        raise RigError("a figure was printed twice")
    return figures


def versions() -> dict[str, str]:
    """Of what the figures depend on beside the guest."""
    _, said = process.run([qemu.BINARY, "--version"], timeout=30)
    found = re.search(r"version (\S+)", said)
    return {
        "QEMU": found.group(1) if found else "?",
        "Xen": packages.version_of("xen-hypervisor"),
    }


def run(options: MachineOptions, config: GuestConfig, timeout: float) -> Run:
    """Boots, waits for the guest's end and returns its figures."""
    with start("direct", options) as machine:
        guest = machine.create_guest(config)
        with Step("measuring (deterministic, direct mode)") as step:
            seen: list[bytes] = []

            def count(data: bytes) -> None:
                seen.extend([b""] * data.count(_MARK.encode()))
                step.update(f"{len(seen)} figures")

            forget = guest.console.listen(count)
            try:
                reason = guest.wait_for_shutdown(timeout)
            except TimedOut as error:
                raise RigError(f"{error}\n{hang.report(machine, guest)}") from error
            finally:
                forget()
        if reason not in ("reboot", "poweroff"):
            raise RigError(f"the guest ended by {reason}\n{guest.crash_report()}")
        figures = parse(guest.console.text)
    if not figures:
        raise RigError(f"the guest printed no figures; its last lines:\n{guest.console.tail()}")
    return Run(figures, options.cpu or qemu.DEFAULT_CPU, versions())


def check_target(target: str) -> None:
    """Raises RigError when `write` could not write there: better before minutes of measuring."""
    _write_file(target, "", "a")


def write(result: Run, target: str) -> None:
    """The JSON form to a file, or to standard output when the target is `-`."""
    if target == "-":
        print(result.as_json())
    _write_file(target, result.as_json() + "\n", "w")


def _write_file(target: str, text: str, mode: str) -> None:
    if target == "-":
        return
    try:
        with Path(target).open(mode) as file:
            file.write(text)
    except OSError as error:
        raise RigError(f"cannot write {target}: {error.strerror}") from error
