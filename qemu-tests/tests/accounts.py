# SPDX-License-Identifier: MIT
"""What the guest says it got of the processors is what Xen says it gave; and `top`."""

from __future__ import annotations

import re

from rig.machine import Guest
from rig.testing.system import Context, system_test

from ._shell import answer, wait_for_shell

_BUSY = 15  # seconds
_ROUNDED = 0.05  # seconds at most, each VCPU's time as xl prints it
_TOLERANCE = 0.01


def _used(guest: Guest) -> float:
    text = answer(guest, "uptime")
    found = re.search(r"^processors: ([\d.]+) s used", text, re.M)
    assert found, text
    return float(found.group(1))


def _seen_by_dom0(context: Context, name: str) -> list[float]:
    """The CPU time of each of the domain's VCPUs."""
    rows = context.shared.dom0.run(f"xl vcpu-list {name}").output.split("\n")[1:]
    return [float(row.split()[5]) for row in rows if row.split()[:1] == [name]]


@system_test("a domU's two processors: what it says it used is what dom0 sees", timeout=300,
             processors=2, about=25)
def cpu_time(context: Context) -> None:
    guest = context.guest(
        "full", memory=16, name="counted", vcpus=2, command_line="processors=2"
    )
    wait_for_shell(guest)
    answer(guest, f"sleep --busy {_BUSY} &")
    answer(guest, f"sleep --busy {_BUSY}", timeout=120)
    before = _used(guest)
    seen = _seen_by_dom0(context, "counted")
    after = _used(guest)  # asking takes time of the guest's own
    total = sum(seen)
    print(f"    the guest: {before:.3f} s, then {after:.3f} s; dom0 between: {total:.1f} s {seen}")
    assert len(seen) == 2 and min(seen) > _BUSY / 4, f"both were to work: {seen}"
    slack = _ROUNDED * len(seen)
    assert before * (1 - _TOLERANCE) - slack <= total <= after * (1 + _TOLERANCE) + slack


@system_test("top shows processors, processes and threads", timeout=180)
def top(context: Context) -> None:
    guest = context.guest("direct", memory=32, vcpus=2, command_line="processors=2")
    wait_for_shell(guest)
    answer(guest, "sleep --busy 1000 &")
    text = answer(guest, "top -n 1 -d 1 -t", timeout=60)
    assert "\033" not in text, "showing once leaves the screen alone"
    rows = re.findall(r"^ +([01]) online +([\d.]+) +([\d.]+)", text, re.M)
    assert len(rows) == 2, text
    for _, busy, idle in rows:
        assert abs(float(busy) + float(idle) - 100) < 1.5, text
    assert sum(float(busy) for _, busy, _ in rows) > 50, text
    assert re.search(r"^ +\d+ alive +[\d.]+ +1 +[\d.]+  sleep$", text, re.M), text
    assert re.search(r"^ +thread \d+ +running +on [01] ", text, re.M), text
