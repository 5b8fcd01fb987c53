# SPDX-License-Identifier: MIT
"""The conformance suite: the guest tests itself on real Xen and reports as KTAP on its console."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from .. import hang, ktap, modes, paths
from ..errors import GuestGone, TimedOut
from ..ktap import Case
from ..logs import fresh_directory
from ..machine import Guest, GuestConfig, Machine, MachineOptions
from ..progress import Step
from .jobs import Built, Job
from .results import Selection


@dataclass(frozen=True)
class Run:
    """The whole suite once, on a guest with so many VCPUs."""

    name: str
    mode: str
    vcpus: int = 1
    slow: bool = False
    about: float = 70  # seconds


# What depends on the number of processors is tested with several. System calls at random are fewer
# then: they have the first run of each mode. Such a run keeps less than one processor busy for 45 s
# when it has both, but one for 166 s beside others, as its VCPUs then wait for each other.
RUNS = (
    Run("conformance (direct)", "direct"),
    Run("conformance (direct, 2 VCPUs)", "direct", 2, slow=True),
    Run("conformance (direct, 4 VCPUs)", "direct", 4),
    Run("conformance (direct, 8 VCPUs)", "direct", 8, slow=True),
    Run("conformance (domU)", "full"),
    Run("conformance (domU, 4 VCPUs)", "full", 4, slow=True),
)
COMMAND_LINE = "run=conformance"
_TIMEOUT = 300
_SEVERAL_TIMEOUT = 900  # a VCPU that sleeps wakes slowly on a loaded machine
_SEVERAL_CALLS = 20_000
_FULL_WORDS = " calls=1000000"  # system calls at random, conformance/README.md
_FULL_TIMEOUT = 1500
_MEMORY = 64
_WHOLE = "the whole suite"
_GOOD_ENDINGS = ("reboot", "poweroff")


def jobs(preset: str, selection: Selection) -> list[Job]:
    """One for each run that is selected."""
    return [
        Job(
            which.name,
            _WHOLE,
            lambda _lane, which=which: _run(which, preset, selection.slow),  # type: ignore[misc]
            () if which.slow and not selection.slow else (Built(preset), modes.prepare),
            processors=min(which.vcpus, MachineOptions.processors),
            about=which.about,
        )
        for which in RUNS
        if selection.whole(which.name)
    ]


def _run(which: Run, preset: str, slow: bool) -> list[Case]:
    if which.slow and not slow:
        return [Case(_WHOLE, "skipped", "slow: runs with --full")]
    logs = fresh_directory(f"conformance-{which.mode}-{which.vcpus}")
    options = MachineOptions(preset=preset, guest_memory=_MEMORY, logs=logs)
    command_line = COMMAND_LINE
    timeout = _TIMEOUT
    if which.vcpus > 1:
        command_line = f"processors={which.vcpus} {COMMAND_LINE} calls={_SEVERAL_CALLS}"
        timeout = _SEVERAL_TIMEOUT
        print(f"{which.name}: {_SEVERAL_CALLS:,} system calls at random, no more")
    elif slow:
        command_line += _FULL_WORDS
        timeout = _FULL_TIMEOUT
    report = run_guest(which.mode, options, None, command_line, timeout, which.vcpus)
    if any(case.outcome == "failed" for case in report.cases):
        print(f"logs: {logs.relative_to(paths.ROOT)}")
    return report.cases


def run_guest(
    mode: str,
    options: MachineOptions,
    kernel: Path | None = None,
    command_line: str = COMMAND_LINE,
    timeout: float = _TIMEOUT,
    vcpus: int = 1,
) -> ktap.Report:
    """Boots a guest that reports, and returns what it reported and how that ended."""
    if kernel:
        options = replace(options, files={"/guest/other": kernel})
    config = GuestConfig(
        kernel="/guest/other" if kernel and mode == "full" else kernel,
        without_boot_image=kernel is not None,
        command_line=command_line,
        memory=_MEMORY,
        vcpus=vcpus,
    )
    with modes.start(mode, options) as machine:
        guest = machine.create_guest(config)
        ending = _watch(machine, guest, timeout)
        return ktap.parse(guest.console.text, ending)


def _watch(machine: Machine, guest: Guest, timeout: float) -> str | None:
    """Waits for the guest's end; returns what was wrong with it, if anything was."""
    with Step(f"conformance in {machine.mode} mode", machine.options.quiet) as step:
        parser = ktap.Progress()
        forget = guest.console.listen(lambda data: step.update(parser.feed(data)), replay=True)
        try:
            reason = guest.wait_for_shutdown(timeout)
        except TimedOut:
            return f"no end within {timeout:.0f} s\n{hang.report(machine, guest)}"
        except GuestGone as error:
            return str(error)
        finally:
            forget()
            step.note("")
    if reason in _GOOD_ENDINGS:
        return None
    return f"the guest ended by {reason}\n{guest.console.tail()}\n{guest.crash_report()}"
