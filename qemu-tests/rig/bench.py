# SPDX-License-Identifier: MIT
"""Runs benchmarks deterministically: the stub's, which are the floor, Lavandin's, and Linux's."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from . import (
    bench_coop,
    bench_processors,
    build,
    comparison,
    counter,
    figures,
    hang,
    linux_bench,
    packages,
    paths,
    process,
    qemu,
    recorded,
    stub,
)
from .errors import RigError, TimedOut
from .figures import Figure, Floor
from .machine import Guest, GuestConfig, Machine, MachineOptions
from .modes import start
from .progress import Step

_COMMAND_LINE = "run=bench"
_PROMPT_LINE = "run=shell --report-start"
_PROMPT_FIGURE = rb"BENCH \{[^\n]*\}\r*\n"
_GOOD_ENDINGS = ("reboot", "poweroff")


@dataclass(frozen=True)
class Report:
    """All figures and what they were measured on."""

    floor: list[Figure]
    lavandin: list[Figure]
    linux: list[Figure]
    cpu: str
    versions: dict[str, str]
    processors: dict[str, list[Figure]]
    cooperation: bench_coop.Cooperation | None

    def record(self) -> dict[str, Any]:
        """What docs/figures.json holds of it."""
        provenance = self.versions | {"cpu": self.cpu}
        return recorded.content(provenance, self.floor, self.lavandin, self.linux)

    def as_json(self) -> str:
        least = Floor.of(self.floor)
        rows = [asdict(figure) | {"floor": least.under(figure)} for figure in self.lavandin]
        pairs = [
            {"lavandin": pair.ours.name, "linux": pair.linux.name, "ratio": pair.ratio}
            for pair in comparison.pairs(self.lavandin, self.linux)
        ]
        return json.dumps(asdict(self) | {"lavandin": rows, "comparison": pairs}, indent=2)

    def _longest_go(self) -> str:
        figure = figures.longest_go(self.lavandin)
        return f"Longest kernel stretch: {figure.longest:,.0f} instructions ({figure.name})"

    def _cooperation(self) -> list[str]:
        if self.cooperation is None:
            return []
        head = "With dom0 and coopd, all on one processor; instructions of all of them:"
        return [head, "", bench_coop.as_text(self.cooperation), ""]

    def as_text(self) -> str:
        versions = ", ".join(f"{name} {version}" for name, version in self.versions.items())
        return "\n".join(
            [
                figures.table(self.floor + self.lavandin, Floor.of(self.floor)),
                "",
                "Instructions, Xen's included. Floor: entries x (bare system call and iret) "
                "+ switches x",
                "(new_user_baseptr and tlb_flush_local) + other hypercalls x (the cheapest one). "
                "Longest go: the most",
                "instructions between two looks for events, which are masked in the kernel.",
                "",
                self._longest_go(),
                "",
                "Beside Linux, as the initial domain of the same Xen, for the nearest equivalents:",
                "",
                comparison.table(self.lavandin, self.linux),
                "",
                "Instructions or, of sleeps, nanoseconds. Entries, hypercalls and loads of a page "
                "table per",
                "operation, counted from outside for both alike; two loads an entry are Xen's.",
                "Several virtual processors on one, instructions of all of them together:",
                "",
                bench_processors.as_text(self.processors),
                "",
                *self._cooperation(),
                f"-cpu {self.cpu}, deterministic mode; {versions}",
            ]
        )


def versions(preset: str) -> dict[str, str]:
    """Of what the figures depend on."""
    _, said = process.run([qemu.BINARY, "--version"], timeout=30)
    found = re.search(r"version (\S+)", said)
    return {
        "QEMU": found.group(1) if found else "?",
        "Xen": packages.version_of("xen-hypervisor"),
        "Linux": packages.version_of("linux-image"),
        "compiler": build.compiler(preset),
        "C library": linux_bench.c_library(),
        "commit": _commit(),
    }


def _commit() -> str:
    command = ["git", "-C", paths.ROOT, "describe", "--always", "--dirty"]
    try:
        status, said = process.run(command, timeout=30, check=False)
    except OSError:  # no git, as in an unpacked archive
        return "?"
    return said.strip() if status == 0 else "?"


def guest(memory: int) -> GuestConfig:
    """Lavandin with its benchmarks: of all that is measured it needs most."""
    return GuestConfig(command_line=_COMMAND_LINE, memory=memory)


def run(
    options: MachineOptions, memory: int, timeout: float, cooperation: bool = True
) -> Report:
    """Boots the stub, Lavandin with its benchmarks, Lavandin with its shell, and Linux; then, where
    that is wanted, dom0 with coopd and guests."""
    real = options
    options = replace(options, deterministic=True)
    counting = replace(options, counting=True)
    floor = GuestConfig(
        kernel=stub.build(), without_boot_image=True, command_line=_COMMAND_LINE, memory=memory
    )
    shell = GuestConfig(command_line=_PROMPT_LINE, memory=memory)
    return Report(
        _measure("the floor", options, floor, timeout),
        _measure("Lavandin", counting, guest(memory), timeout) + _prompt(options, shell, timeout),
        _measure("Linux", counting, linux_bench.guest(), timeout),
        options.cpu or qemu.DEFAULT_CPU,
        versions(options.preset),
        bench_processors.run(
            lambda title, config: _measure(title, options, config, timeout),
            lambda title, config: _measure(title, real, config, timeout),
            memory,
        ),
        bench_coop.run(real, timeout) if cooperation else None,
    )


def _measure(
    title: str, options: MachineOptions, config: GuestConfig, timeout: float
) -> list[Figure]:
    """Waits for the guest's end and returns its figures."""
    with start("direct", options) as machine:
        guest = machine.create_guest(config)
        with Step(f"measuring {title}", options.quiet) as step:
            seen: list[bytes] = []

            def count(data: bytes) -> None:
                seen.extend([b""] * data.count(figures.MARK.encode()))
                step.update(f"{len(seen)} figures")

            forget = guest.console.listen(count)
            try:
                reason = _end(machine, guest, timeout)
            finally:
                forget()
        if reason not in _GOOD_ENDINGS:
            said = "\n".join(filter(None, (guest.console.tail(), guest.crash_report())))
            raise RigError(f"the guest ended by {reason}; its last lines:\n{said}")
        found = figures.parse(guest.console.text)
    if not found:
        raise RigError(f"the guest printed no figures; its last lines:\n{guest.console.tail()}")
    return _with_counts(found, machine.counts_log) if options.counting else found


def _with_counts(found: list[Figure], log: Path) -> list[Figure]:
    counts = counter.read(log)
    first = counts.to_first_user
    start = Figure("kernel entry to the first process", "instructions", 1, first, first, first)
    return [start, *figures.with_counts(found, counts.stretches)]


def _end(machine: Machine, guest: Guest, timeout: float) -> str:
    try:
        return guest.wait_for_shutdown(timeout)
    except TimedOut as error:
        raise RigError(f"{error}\n{hang.report(machine, guest)}") from error


def _prompt(options: MachineOptions, config: GuestConfig, timeout: float) -> list[Figure]:
    """How long the start took; the shell stays, so nobody waits for the guest's end."""
    with start("direct", options) as machine:
        guest = machine.create_guest(config)
        with Step("measuring the start", options.quiet):
            guest.console.expect(_PROMPT_FIGURE.decode(), timeout)
        return figures.parse(guest.console.text)


def check_target(target: str) -> None:
    """Raises RigError when `write` could not write there: better before minutes of measuring."""
    _write_file(target, "", "a")


def write(result: Report, target: str) -> None:
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
