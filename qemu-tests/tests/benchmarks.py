# SPDX-License-Identifier: MIT
"""`./lavandin bench` measures what it promises to, of Lavandin and of Linux. No figure is judged,
but that none is below its floor, that what the kernel counts of itself is what is counted from
outside (anything else would be a mistake of the measuring), and that all are those which the
documentation shows. What is judged is how long the kernel goes on without a look for events: that
is counted in instructions, and promised."""

from __future__ import annotations

from rig import bench, comparison, recorded
from rig.figures import Figure, Floor
from rig.logs import fresh_directory
from rig.machine import MachineOptions
from rig.testing.system import Context, system_test

# Instructions in the kernel without a look for events (docs/implementation.md, Kernel work).
_LONGEST_GO = 20_000
# That to make a top table of an address space is one hypercall, which Xen does not divide.
_TOP_TABLE = 26_000
_MAKE_TOP_TABLES = ("group_create",)

_PROMISED = (
    "null system call",
    "call and reply between two processes",
    "two thread switches between processes",
    "map and unmap a page",
    "process start, one page, to its end",
    "kernel entry to the shell's prompt",
    "read the clock by its page",
    "signal a notification and take its bits",
    "share a page: make, give, map, touch, unmap, free",
    "call between members of a group",
    "make and free 16 MiB",
    "end a process with much in it",
)


def _check_counts(figure: Figure) -> None:
    """Interrupts come at other moments than the kernel is asked at, hence the room. Xen may carry
    out a long hypercall in parts, each of which is one from outside."""
    assert figure.entries is not None and figure.counted_entries is not None, figure
    assert abs(figure.entries - figure.counted_entries) <= 0.2 + 0.02 * figure.entries, figure
    assert figure.hypercalls is not None and figure.counted_hypercalls is not None, figure
    assert figure.counted_hypercalls >= figure.hypercalls - 0.2, figure
    assert figure.counted_hypercalls <= figure.hypercalls * 1.25 + 0.2, figure


@system_test("bench measures all it promises", timeout=900)
def measures(context: Context) -> None:
    options = MachineOptions(preset=context.preset, logs=fresh_directory("bench"), quiet=True)
    report = bench.run(options, memory=64, timeout=360, cooperation=False)
    figures = {figure.name: figure for figure in report.lavandin}
    assert not set(_PROMISED) - set(figures), figures
    for figure in figures.values():
        if figure.counted:
            _check_counts(figure)
    for figure in report.lavandin:
        most = _TOP_TABLE if figure.name in _MAKE_TOP_TABLES else _LONGEST_GO
        assert figure.longest is None or figure.longest <= most, figure
    group = figures["call between members of a group"]
    assert group.counted_entries == 0 and group.table_loads == 0, group
    page = figures["read the clock by its page"]
    assert page.counted_entries == 0 and page.table_loads == 0, page
    old, new = recorded.read(), report.record()
    if not recorded.other_ground(old, new):
        changed = recorded.drift(old, new)
        assert not changed, "\n".join(changed)
    assert len(comparison.pairs(report.lavandin, report.linux)) == len(comparison.PAIRS)
    floor = Floor.of(report.floor)
    for figure in report.lavandin:
        least = floor.under(figure)
        assert least is None or figure.min >= 0.99 * least, f"{figure} is below its floor {least}"
