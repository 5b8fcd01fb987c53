# SPDX-License-Identifier: MIT
"""Runs a scenario of guests and loads on real Xen, with and without cooperation, and compares.

A scenario is a file (cooperation/simulator/README.md) or the name of one that comes with the
project. It is run so many times in each set-up, by turns, on one machine:

  fixed        each guest has its entitlement in VCPUs, rounded
  online       all VCPUs are online, under stock credit2
  cooperation  guests and coopd agree on which are in use

Results go to build/experiments/NAME: results.json (lavandin-experiment-1, as the simulator's),
timeline.csv, picture.png. Medians over the runs are printed with their spread, and whether
cooperation reached what it is to reach there.

The host's other work slows the machine, while its clock goes on: a run in which QEMU had to wait
for a processor too long is done again, and the least disturbed one counts. In a scenario that is
deterministic there is one processor, time is counted in instructions and passes some five times
slower, and nothing of the host's is seen."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import bench, build, coop, paths, values
from ..errors import RigError
from ..figures import aligned
from ..experiment import goals, pages, results, runner, scenario, setups, summary
from ..experiment.runner import Run, Window
from ..experiment.scenario import Scenario
from ..full import FullMachine
from ..logs import fresh_directory
from ..machine import MachineOptions
from ..modes import start
from ..progress import Step, say
from .build import add_preset

HELP = "run a scenario of guests with and without cooperation"
_MOST_RUNS = 1000
_TRACED = 1.0  # seconds, by default
_MOST_TRIES = 3  # of a run that the host disturbs
_DISTURBANCE = 10  # percent, by default
_MOST_WORK = 1_000_000  # microseconds


@dataclass
class Measured:
    """All runs, by turns; how many loops a millisecond of work is; runs that were done again."""

    runs: list[dict[str, Any]]
    loops: int
    again: int = 0

    def disturbances(self) -> summary.Spread:
        return summary.Spread.of([100 * run["host"]["disturbance"] for run in self.runs])


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
        help="seconds of each run that are traced (default: around the first change of load)",
    )
    parser.add_argument(
        "--disturbance",
        type=values.whole_number(0, 100),
        default=_DISTURBANCE,
        metavar="PERCENT",
        help="of the time that QEMU's threads want to run, in which the host may keep them "
        f"waiting; a run with more is done again, {_MOST_TRIES} times at most (default: "
        "%(default)s)",
    )
    parser.add_argument(
        "--niceness",
        type=int,
        choices=range(-20, 1),
        default=0,
        metavar="N",
        help="of QEMU during runs, 0 to -20; takes processors from the host's other work, and "
        "needs root; below 0 its thread for timers runs whenever it is due (default: %(default)s)",
    )
    parser.add_argument(
        "--work",
        type=values.whole_number(1, _MOST_WORK),
        metavar="MICROSECONDS",
        help="between two barriers, instead of what the scenario says",
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
    begin = max(middle - 0.5 * _TRACED, 0)
    return Window(begin, min(begin + _TRACED, plan.duration))


def machine_options(plan: Scenario, preset: str, logs: Path) -> MachineOptions:
    return MachineOptions(
        preset=preset,
        logs=logs,
        quiet=True,  # a step of ours covers what starts within
        processors=plan.processors,
        deterministic=plan.deterministic,
        guests=len(plan.guests),
        guest_memory=sum(guest.memory for guest in plan.guests),
        programs=coop.programs(),
    )


def least_disturbed(once: Callable[[], Run], most: float) -> tuple[Run, int]:
    """The first run that the host disturbed little enough, else the one that it disturbed least;
    and how many were done in vain."""
    tried: list[Run] = []
    while len(tried) < _MOST_TRIES:
        tried.append(once())
        if tried[-1].host.disturbance() <= most:
            break
    return min(tried, key=lambda run: run.host.disturbance()), len(tried) - 1


def measure(machine: FullMachine, plan: Scenario, options: argparse.Namespace) -> Measured:
    with Step("timing a unit of work"):
        made = Measured([], runner.calibrate(machine))
    runner.prepare(machine, plan)
    window = options.trace or default_window(plan)
    for number in range(1, options.runs + 1):
        for setup in options.variants:

            def once(setup: str = setup, number: int = number):
                with Step(f"{plan.name}, {setup}, run {number} of {options.runs}") as step:
                    run = runner.run(
                        machine, plan, setup, number, made.loops, window, options.niceness
                    )
                    step.note(f"disturbed {run.host.disturbance():.0%}")
                return run

            most = 1 if plan.deterministic else options.disturbance / 100
            run, again = least_disturbed(once, most)
            made.again += again
            made.runs.append(results.of_run(plan, run))
    return made


def _conditions(
    options: argparse.Namespace, plan: Scenario, measured: Measured
) -> dict[str, Any]:
    """What the figures depend on, and what repeats them."""
    versions = bench.versions(options.preset)
    name = plan.file.stem if plan.file.parent in scenario.FOLDERS else str(options.scenario)
    words = ["./lavandin experiment", name, f"--runs {options.runs}"]
    if options.variants != list(setups.SETUPS):
        words.append(f"--variants {','.join(options.variants)}")
    if options.niceness != 0:
        words.append(f"--niceness {options.niceness}")
    if options.work is not None:
        words.append(f"--work {options.work}")
    if options.disturbance != _DISTURBANCE:
        words.append(f"--disturbance {options.disturbance}")
    return {
        "processors": plan.processors,
        "deterministic": "yes" if plan.deterministic else "no",
        "host processors": os.cpu_count(),
        "runs": options.runs,
        "duration": f"{plan.duration:g} s",
        "policy": plan.policy,
        "coopd's interval": f"{plan.interval * 1000:g} ms",
        "dom0's weight": plan.dom0_weight or "Xen's default",
        "disturbance by the host": measured.disturbances().text("{:.0f}") + " %",
        "runs done again": measured.again,
        "niceness": options.niceness,
        "loops a millisecond": measured.loops,
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
    if options.work is not None:
        if options.record:
            raise RigError("--record is for scenarios as they are, not for --work")
        plan = scenario.with_work(plan, options.work / 1e6)
    host = os.cpu_count() or 1
    if plan.processors > host:
        say(f"{plan.name} has {plan.processors} processors, this machine {host}: they take turns")
    build.ensure(options.preset)
    output = options.output or paths.BUILD / "experiments" / plan.name
    output.mkdir(parents=True, exist_ok=True)
    logs = fresh_directory(f"experiment-{plan.name}")
    try:
        with Step("booting Xen and dom0"):
            machine = start("full", machine_options(plan, options.preset, logs))
        with machine:
            assert isinstance(machine, FullMachine)
            measured = measure(machine, plan, options)
    except RigError:
        say(f"logs: {logs}")
        raise
    _write(output, measured, options, plan)
    return 0


def _write(
    output: Path, measured: Measured, options: argparse.Namespace, plan: Scenario
) -> None:
    found = measured.runs
    document = results.document(found, _conditions(options, plan, measured))
    results.write_json(output / "results.json", document)
    results.write_csv(output / "timeline.csv", found)
    print(summary.table(found))
    judged = goals.judged(plan.name, found)
    if judged:
        print("\n" + aligned([tuple(goals.HEAD), *(tuple(goals.cells(each)) for each in judged)]))
    picture = output / "picture.png"
    pages.draw(output / "results.json", picture, 1)
    for name in ("results.json", "timeline.csv", "picture.png"):
        print(output / name)
    if options.record:
        pages.record(plan.description, document, picture)
        print(pages.PAGE)
