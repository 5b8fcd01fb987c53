# SPDX-License-Identifier: MIT
"""Builds and tests everything: the sources, the rig's own units, host units, the model of the
cooperation protocol, the built kernel, the conformance suite on real Xen (as the initial domain and
in a domU, with one VCPU and with several, counted apart), and the system tests.

PATTERN is a regular expression looked for in `group: name`; `--only conformance` runs all
conformance groups, `--only "system: .*reboot"` some system tests. The conformance suite runs whole
or not at all. A selection that matches nothing is a failure. With `--full` slow system tests run,
too, and the conformance suite makes 1,000,000 system calls at random instead of 100,000.

The last line is `N passed, N failed, N skipped`; the exit status is zero if nothing failed."""

from __future__ import annotations

import argparse
import traceback
from collections.abc import Callable

from ..errors import RigError
from ..ktap import Case
from ..testing import conformance, host_units, image_checks, protocol_model, rig_units
from ..testing import source_checks, system
from ..testing.results import Group, Selection, close
from .build import add_preset

HELP = "build and test everything"


def arguments(parser: argparse.ArgumentParser) -> None:
    add_preset(parser)
    parser.add_argument("--only", metavar="PATTERN", help="run only matching tests")
    parser.add_argument("--list", action="store_true", help="only print the tests")
    parser.add_argument("--full", action="store_true", help="slow tests, too; more random calls")


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
        (protocol_model.NAME, lambda group: protocol_model.run(group, selection)),
        (image_checks.NAME, lambda group: image_checks.run(options.preset, group, selection)),
    ]
    for which in conformance.RUNS:
        steps.append((which.name, _conformance(which, options.preset, selection)))
    steps.append((system.NAME, lambda group: system.run(options.preset, group, selection)))
    for name, step in steps:
        group = Group(name)
        _run(step, group)
        if group.cases or selection.whole(name):
            group.finish()
            groups.append(group)
    return close(groups)


def _run(step: Callable[[Group], None], group: Group) -> None:
    """Whatever goes wrong, the other groups run and the last line counts."""
    try:
        step(group)
    except RigError as error:
        group.add(Case("the group itself", "failed", str(error)))
    except BrokenPipeError:
        raise  # nobody reads what is printed
    except Exception:
        group.add(Case("the group itself", "failed", traceback.format_exc()))


def _conformance(
    which: conformance.Run, preset: str, selection: Selection
) -> Callable[[Group], None]:
    return lambda group: conformance.run(which, preset, group, selection)
