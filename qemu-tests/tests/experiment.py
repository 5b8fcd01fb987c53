# SPDX-License-Identifier: MIT
"""`./lavandin experiment`: a very short run of S0's scenario in each set-up gives all that is
promised of one. What is better than what is not judged: that would be wall-clock time."""

from __future__ import annotations

import tomllib
from pathlib import Path

from rig.experiment import results, runner, scenario, setups
from rig.experiment.runner import Window
from rig.full import FullMachine
from rig.logs import fresh_directory
from rig.modes import start
from rig.testing.system import Context, system_test
from rig.verbs.experiment import machine_options

_SHORT = """
name = "short"
duration = "3s"
[host]
processors = 2
[[guest]]
name = "busy"
vcpus = 2
memory = 32
[[guest.load]]
kind = "compute"
threads = 2
[[guest]]
name = "resting"
vcpus = 2
memory = 32
[[guest.load]]
kind = "interactive"
think = "50ms"
[[guest.load]]
kind = "barrier"
threads = 2
until = "500ms"
spin = "20ms"
adaptive = true
"""


@system_test("experiment: a short run in each set-up has all results", timeout=600)
def short(context: Context) -> None:
    plan = scenario.parse(tomllib.loads(_SHORT), Path("short.toml"))
    options = machine_options(plan, context.preset, fresh_directory("experiment"))
    with start("full", options) as machine:
        assert isinstance(machine, FullMachine)
        loops = runner.calibrate(machine)
        runner.prepare(machine, plan)
        for setup in setups.SETUPS:
            window = Window(0.5, 1.5)
            run = runner.run(machine, plan, setup, 1, loops, window)
            _check(results.of_run(plan, run), setup)
        assert "(null)" not in machine.dom0.run("xl list").output


def _check(found: dict, setup: str) -> None:
    busy, resting, dom0 = found["guests"]
    for guest in (busy, resting):
        assert guest["done"] > 0 and guest["useful"] > 0 and guest["used"] > 0, guest
        assert len(guest["timeline"]) == round(3 / runner.SAMPLE), guest["timeline"]
    assert dom0["used"] > 0 and dom0["programs"]["coopd"] > 0, dom0
    assert found["host"]["ran"] > 0, found["host"]
    # Nobody uses more than there is, and the VCPUs are those of the set-up.
    assert sum(guest["used"] for guest in found["guests"]) < 2.1, found["guests"]
    if setup == setups.FIXED:  # who waits for a thread of its own processor must not spin
        assert resting["spun"] < 0.1, resting
    most = 1 if setup == setups.FIXED else 2
    online = [point[2] for guest in (busy, resting) for point in guest["timeline"]]
    assert 1 <= min(online) and max(online) <= most, (setup, online)
    if setup != setups.COOPERATION:
        assert min(online) == most, (setup, online)
    else:
        reclaims = sum(guest["cooperation"]["reclaims"] for guest in (busy, resting))
        assert reclaims > 0 or min(online) == most, found["guests"]
    assert resting["wakeup_p99"] >= resting["wakeup_median"] > 0, resting
    assert found["stretches"], "nothing was traced"
    for processor, guest, _, begin, end in found["stretches"]:
        assert 0 <= processor < 2 and 0 <= guest < 3 and begin <= end, found["stretches"]
        assert -0.5 < begin, (begin, end)
