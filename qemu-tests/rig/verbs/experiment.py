# SPDX-License-Identifier: MIT
"""Runs a scenario of guests and loads on real Xen, with and without cooperation, and compares.

A scenario is a file (cooperation/simulator/README.md) or the name of one that comes with the
project. It is run so many times in each set-up, by turns, on one machine:

  fixed        each guest has its entitlement in VCPUs, rounded
  online       all VCPUs are online, under stock credit2
  cooperation  guests and coopd agree on which are in use

Results go to build/experiments/NAME: results.json (lavandin-experiment-1, as the simulator's),
timeline.csv, picture.png. Medians over the runs are printed with their spread."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from .. import bench, build, coop, paths, values
from ..errors import RigError
from ..experiment import pages, results, runner, scenario, setups, summary
from ..experiment.runner import Window
from ..experiment.scenario import Scenario
from ..full import FullMachine
from ..logs import fresh_directory
from ..machine import MachineOptions
from ..modes import start
from ..progress import Step, say
from .build import add_preset

HELP = "run a scenario of guests with and without cooperation"
_MOST_RUNS = 1000
_TRACED = 0.5  # seconds, by default


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", nargs="?", metavar="NAME|FILE", help="a name, or FILE.toml")
    parser.add_argument("--list", action="store_true", help="only print the names there are")
    parser.add_argument(
        "--runs",
        type=values.whole_number(1, _MOST_RUNS),
        default=9,
        metavar="N",
        help="of each set-up (default: %(default)s)",
    )
    parser.add_argument(
        "--variants",
        type=_variants,
        default=list(setups.SETUPS),
        metavar="LIST",
        help=f"only these set-ups (default: {','.join(setups.SETUPS)})",
    )
    parser.add_argument(
        "--trace",
        type=_window,
        metavar="FROM-UNTIL",
        help="seconds of the first run of each that are traced (default: around the first change "
        "of load)",
    )
    parser.add_argument("--output", type=Path, metavar="DIR", help="where results go")
    parser.add_argument(
        "--record", action="store_true", help="put the outcome into docs/experiments.md, too"
    )
    add_preset(parser)


def _variants(text: str) -> list[str]:
    chosen = text.split(",")
    for word in chosen:
        if word not in setups.SETUPS:
            raise argparse.ArgumentTypeError(f"{word!r} is none of {', '.join(setups.SETUPS)}")
    return [setup for setup in setups.SETUPS if setup in chosen]


def _window(text: str) -> Window:
    try:
        begin, end = map(float, text.split("-"))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not FROM-UNTIL in seconds") from None
    if not 0 <= begin < end:
        raise argparse.ArgumentTypeError(f"{text!r}: FROM is before UNTIL")
    return Window(begin, end)


def default_window(plan: Scenario) -> Window:
    """Around the first moment at which a load begins or ends; else in the middle."""
    moments = [
        load.times[key]
        for guest in plan.guests
        for load in guest.loads
        for key in ("from", "until")
        if 0 < load.times.get(key, 0) < plan.duration
    ]
    middle = min(moments) if moments else plan.duration / 2
    begin = max(middle - 0.2 * _TRACED, 0)
    return Window(begin, min(begin + _TRACED, plan.duration))


def machine_options(plan: Scenario, preset: str, logs: Path) -> MachineOptions:
    return MachineOptions(
        preset=preset,
        logs=logs,
        quiet=True,  # a step of ours covers what starts within
        processors=plan.processors,
        guests=len(plan.guests),
        guest_memory=sum(guest.memory for guest in plan.guests),
        programs=coop.programs(),
    )


def measure(
    machine: FullMachine, plan: Scenario, runs: int, variants: list[str], window: Window | None
) -> tuple[list[dict[str, Any]], int]:
    """All runs, by turns; and how many loops a millisecond of work is."""
    with Step("timing a unit of work"):
        loops = runner.calibrate(machine)
    runner.prepare(machine, plan)
    found = []
    for number in range(1, runs + 1):
        for setup in variants:
            with Step(f"{plan.name}, {setup}, run {number} of {runs}"):
                traced = window if number == 1 else None
                run = runner.run(machine, plan, setup, number, loops, traced)
            found.append(results.of_run(plan, run))
    return found, loops


def _conditions(options: argparse.Namespace, plan: Scenario, loops: int) -> dict[str, Any]:
    """What the figures depend on, and what repeats them."""
    versions = bench.versions(options.preset)
    name = plan.file.stem if plan.file.parent in scenario.FOLDERS else str(options.scenario)
    words = ["./lavandin experiment", name, f"--runs {options.runs}"]
    if options.variants != list(setups.SETUPS):
        words.append(f"--variants {','.join(options.variants)}")
    return {
        "processors": plan.processors,
        "host processors": os.cpu_count(),
        "runs": options.runs,
        "duration": f"{plan.duration:g} s",
        "policy": plan.policy,
        "loops a millisecond": loops,
        **{key: versions[key] for key in ("Xen", "Linux", "QEMU", "compiler", "commit")},
        "command": " ".join(words),
    }


def run(options: argparse.Namespace) -> int:
    if options.list:
        for name, file in sorted(scenario.known().items()):
            print(f"{name:<28} {scenario.read(file).description}")
        return 0
    if options.scenario is None:
        raise RigError("which scenario? --list shows those there are")
    plan = scenario.read(scenario.find(options.scenario))
    host = os.cpu_count() or 1
    if plan.processors > host:
        say(f"{plan.name} has {plan.processors} processors, this machine {host}: they take turns")
    build.ensure(options.preset)
    output = options.output or paths.BUILD / "experiments" / plan.name
    output.mkdir(parents=True, exist_ok=True)
    window = options.trace or default_window(plan)
    logs = fresh_directory(f"experiment-{plan.name}")
    try:
        with Step("booting Xen and dom0"):
            machine = start("full", machine_options(plan, options.preset, logs))
        with machine:
            assert isinstance(machine, FullMachine)
            found, loops = measure(machine, plan, options.runs, options.variants, window)
    except RigError:
        say(f"logs: {logs}")
        raise
    _write(output, found, options, plan, loops)
    return 0


def _write(
    output: Path,
    found: list[dict[str, Any]],
    options: argparse.Namespace,
    plan: Scenario,
    loops: int,
) -> None:
    document = results.document(found, _conditions(options, plan, loops))
    results.write_json(output / "results.json", document)
    results.write_csv(output / "timeline.csv", found)
    print(summary.table(found))
    picture = output / "picture.png"
    pages.draw(output / "results.json", picture, 1)
    for name in ("results.json", "timeline.csv", "picture.png"):
        print(output / name)
    if options.record:
        pages.record(plan.description, document, picture)
        print(pages.PAGE)
