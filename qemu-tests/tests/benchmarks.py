# SPDX-License-Identifier: MIT
"""`./lavandin bench` measures what it promises to. Figures are not judged, but that none is below
its floor: that would be a mistake of the measuring."""

from __future__ import annotations

from rig import bench
from rig.figures import Floor
from rig.logs import fresh_directory
from rig.machine import MachineOptions
from rig.testing.system import Context, system_test

_PROMISED = (
    "null system call",
    "call and reply between two processes",
    "two thread switches between processes",
    "map and unmap a page",
    "process start, one page, to its end",
    "kernel entry to the shell's prompt",
)


@system_test("bench measures all it promises", timeout=240)
def measures(context: Context) -> None:
    options = MachineOptions(preset=context.preset, logs=fresh_directory("bench"), quiet=True)
    report = bench.run(options, memory=64, timeout=200)
    names = [figure.name for figure in report.lavandin]
    assert not set(_PROMISED) - set(names), names
    floor = Floor.of(report.floor)
    for figure in report.lavandin:
        least = floor.under(figure)
        assert least is None or figure.min >= 0.99 * least, f"{figure} is below its floor {least}"
