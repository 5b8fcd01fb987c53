# SPDX-License-Identifier: MIT
"""Shares of one processor, in the deterministic mode, by Xen's count of processor time: who gives a
virtual processor up loses nothing by it where coopd keeps the shares."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rig import coop
from rig.full import FullMachine
from rig.testing.system import Context, system_test

from ._one_processor import PATIENCE, busy_guest, machine_for_two
from ._shell import answer

_NAMES = ("one", "two")
_MEASURED = 6  # seconds of virtual time
_SETTLED = 2
_TOLERANCE = 0.02  # of a share
# On one processor coopd would have each keep one of its two; here they are to say themselves.
_SETTINGS = "[domain.one]\\nminimum = 2\\n[domain.two]\\nminimum = 2\\n"


def _times(machine: FullMachine) -> dict[str, int]:
    rows = coop.status(machine.dom0)["domains"]
    return {row["name"]: row["measured"]["time"] for row in rows}


def _share(machine: FullMachine) -> float:
    """The first one's part of what both get."""
    machine.dom0.run(f"sleep {_SETTLED}", timeout=PATIENCE)
    before = _times(machine)
    machine.dom0.run(f"sleep {_MEASURED}", timeout=PATIENCE)
    after = _times(machine)
    got = {name: after[name] - before[name] for name in _NAMES}
    return got["one"] / sum(got.values())


def _wait(what: str, machine: FullMachine, condition: Callable[[dict[str, Any]], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition(coop.domain(machine.dom0, "one")):
        assert time.monotonic() < deadline, f"not {what}: {coop.domain(machine.dom0, 'one')}"
        machine.dom0.run("sleep 1", timeout=PATIENCE)


@system_test("who releases a processor keeps its share with coopd, and loses a part without",
             timeout=1800)
def releasing(context: Context) -> None:
    machine = machine_for_two(context)
    dom0 = machine.dom0
    guest, _ = (busy_guest(machine, name) for name in _NAMES)
    coop.start(dom0, "--dry-run")  # which measures, and changes nothing
    shares = {"without coopd, 2 against 2": _share(machine)}
    answer(guest, "park 1", PATIENCE)
    shares["without coopd, 1 against 2"] = _share(machine)
    answer(guest, "unpark 1", PATIENCE)
    coop.stop(dom0)

    dom0.run(f"printf '{_SETTINGS}' >/tmp/coopd.toml")
    coop.start(dom0, "--config /tmp/coopd.toml")
    _wait("joined", machine, lambda row: row["cooperating"] and row["claims"] is not None)
    shares["with coopd, 2 against 2"] = _share(machine)
    released = answer(guest, "coop release 1 1000", PATIENCE)
    assert "released 1 processors" in released, released
    shares["with coopd, 1 against 2"] = _share(machine)
    for name, share in shares.items():
        print(f"    share of who releases, {name}: {share:.3f}")
    for name in ("2 against 2", "1 against 2"):
        assert abs(shares[f"with coopd, {name}"] - 0.5) <= 0.5 * _TOLERANCE, shares
    assert shares["without coopd, 1 against 2"] < 0.4, "nothing is shown where nothing is lost"
