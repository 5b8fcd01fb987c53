# SPDX-License-Identifier: MIT
"""Builds and tests everything: the sources, the rig's own units, host units, the model of the
cooperation protocol, the built kernel, the conformance suite on real Xen (as the initial domain and
in a domU, with one VCPU and with several, counted apart), and the system tests.

The model and all that boots machines run side by side, a test's output in one piece when it ends.

PATTERN is a regular expression looked for in `group: name`; `--only conformance` runs all
conformance groups, `--only "system: .*reboot"` some system tests. The conformance suite runs whole
or not at all. A selection that matches nothing is a failure. With `--full` slow system tests run,
too, and more of the conformance suite: with one VCPU it makes 1,000,000 system calls at random
instead of 100,000 in a domU and 20,000 as the initial domain.

The last line is `N passed, N failed, N skipped`; the exit status is zero if nothing failed."""

from __future__ import annotations

import argparse
import traceback
from collections.abc import Callable

from ..errors import RigError
from ..ktap import Case
from ..qemu import host_processors
from ..testing import conformance, host_units, image_checks, lanes, protocol_model, rig_units
from ..testing import source_checks, system
from ..testing.jobs import Done, Job, prepare
from ..testing.report import Report
from ..testing.results import Group, Selection, close
from ..values import host_memory, pattern, whole_number
from .build import add_preset

HELP = "build and test everything"
MOST_JOBS = 64
_LANE_MEMORY = 3072  # MiB: the machine that a lane's tests share, and one of a test's own


def arguments(parser: argparse.ArgumentParser) -> None:
    add_preset(parser)
    parser.add_argument("--only", type=pattern, metavar="PATTERN", help="run only matching tests")
    parser.add_argument("--list", action="store_true", help="only print the tests")
    parser.add_argument("--full", action="store_true", help="slow tests, too; more random calls")
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=whole_number(1, MOST_JOBS),
        default=_most_lanes(),
        help="run so many of what boots machines, and the model, side by side; 1 shows their "
        "output as it comes (default: as many as there are processors and memory for, %(default)s)",
    )


def _most_lanes() -> int:
    return max(1, min(host_processors(), host_memory() // _LANE_MEMORY, MOST_JOBS))


def _listing() -> None:
    for module in (source_checks, rig_units, host_units, protocol_model, image_checks):
        for name in module.listing():
            print(f"{module.NAME}: {name}")
    for which in conformance.RUNS:
        print(f"{which.name}: (the guest knows its tests)")
    for test in system.load():
        print(f"{system.NAME}: {test.name}{' (slow)' if test.slow else ''}")


def run(options: argparse.Namespace) -> int:
    if options.list:
        _listing()
        return 0
    selection = Selection(options.only, options.full)
    groups: list[Group] = []
    steps: list[tuple[str, Callable[[Group], None]]] = [
        (source_checks.NAME, lambda group: source_checks.run(group, selection)),
        (rig_units.NAME, lambda group: rig_units.run(group, selection)),
        (host_units.NAME, lambda group: host_units.run(group, selection)),
        (image_checks.NAME, lambda group: image_checks.run(options.preset, group, selection)),
    ]
    for name, step in steps:
        group = Group(name)
        _run(step, group)
        if group.cases or selection.whole(name):
            group.finish()
            groups.append(group)
    groups += _side_by_side(options.preset, selection, options.jobs)
    return close(groups)


def _run(step: Callable[[Group], None], group: Group) -> None:
    """Whatever goes wrong, the other groups run and the last line counts."""
    try:
        step(group)
    except RigError as error:
        group.add(_failed(str(error)))
    except BrokenPipeError:
        raise  # nobody reads what is printed
    except Exception:
        group.add(_failed(traceback.format_exc()))


def _failed(detail: str) -> Case:
    return Case("the group itself", "failed", detail)


def _side_by_side(preset: str, selection: Selection, count: int) -> list[Group]:
    """The groups that lanes share."""
    pool = system.Pool(preset)
    jobs = [
        *_jobs(protocol_model.NAME, lambda: protocol_model.jobs(selection)),
        *_jobs("conformance", lambda: conformance.jobs(preset, selection)),
        *_jobs(system.NAME, lambda: system.jobs(pool, selection)),
    ]
    names = (protocol_model.NAME, *(which.name for which in conformance.RUNS), system.NAME)
    report = Report([name for name in names if selection.whole(name)], jobs)
    numbers = report.lacks(prepare(jobs))

    def deliver(number: int, done: Done) -> None:
        report.deliver(numbers[number], done)

    try:
        lanes.run([jobs[number] for number in numbers], count, deliver, pool.drop)
    except BrokenPipeError:
        raise  # nobody reads what is printed
    except Exception:  # a mistake of the rig: what has ended counts nevertheless
        traceback.print_exc()
    return report.finish()


def _jobs(name: str, make: Callable[[], list[Job]]) -> list[Job]:
    try:
        return make()
    except Exception:
        mistake = traceback.format_exc()
        return [Job(name, "the group itself", lambda _lane: [_failed(mistake)])]
