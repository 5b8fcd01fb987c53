# SPDX-License-Identifier: MIT
"""Guests that cheat in the cooperation protocol, beside one that does not, all with more to do than
there is: none gains more than a hundredth of the processor by it, by Xen's count, and nobody else
is disturbed, coopd least of all. That they do cheat shows in what coopd says of them.
Deterministic, on one processor."""

from __future__ import annotations

from typing import Any

from rig import coop
from rig.full import FullMachine
from rig.machine import Guest
from rig.testing.system import Context, system_test

from ._one_processor import PATIENCE, busy_guest, machine_for_two
from ._shell import answer

_WAYS = ("claims", "refuses", "floods", "garbles", "replays", "dies")
_HONEST = "honest"
_MEASURED = 8  # seconds of virtual time
_SETTLED = 8  # until the cheat is under way, and processors that were given are back
_MOST_GAIN = 0.01  # of the processor
_MOST_FOR_COOPD = 0.05  # of the processor
_DEATHS = 3
# With as many processors as there are nobody would be made an offer; and who is asked for one back,
# and does not give it, is capped, which would hide what else a cheat gains.
_SETTINGS = "".join(f"[domain.{way}]\\nminimum = 2\\n" for way in _WAYS if way != "refuses")


def _cheat(guest: Guest, way: str) -> None:
    if way == "dies":
        for _ in range(_DEATHS):
            said = answer(guest, f"cheater {way}", PATIENCE)
            assert "cheater: done" in said, said
        return
    guest.console.send(f"cheater {way} &\n")
    guest.console.expect("^cheater: joined", PATIENCE)


def _cheated(way: str, row: dict[str, Any]) -> bool:
    """Whether coopd met what that way is about. What a flood is its maker says."""
    if way == "dies":
        return bool(row["last"]["offer"])
    if way == "refuses":
        return bool(row["enforcements"] > 0)
    return bool(way == "floods" or row["protocol"]["violations"] > 0)


def _look(machine: FullMachine, way: str) -> tuple[int, int, int, int]:
    """Now, and processor time of the cheater, of the honest one and of coopd."""
    status = coop.status(machine.dom0)
    times = {row["name"]: row["measured"]["time"] for row in status["domains"]}
    return status["time"], times[way], times[_HONEST], status["cost"]["cpu_time"]


def _gain(machine: FullMachine, way: str) -> tuple[float, float]:
    """What the cheater got beyond a half of what both got, and what coopd used, as parts of the
    processor."""
    machine.dom0.run(f"sleep {_SETTLED}", timeout=PATIENCE)
    before = _look(machine, way)
    machine.dom0.run(f"sleep {_MEASURED}", timeout=PATIENCE)
    passed, cheater, honest, coopd = (now - then for now, then in zip(_look(machine, way), before))
    return (cheater - honest) / 2 / passed, coopd / passed


@system_test("cheaters gain no hundredth of the processor, and disturb nobody", timeout=3600,
             slow=True)
def gains(context: Context) -> None:
    machine = machine_for_two(context)
    machine.dom0.run(f"printf '{_SETTINGS}' >/tmp/coopd.toml")
    coop.start(machine.dom0, "--config /tmp/coopd.toml")
    busy_guest(machine, _HONEST)
    found: dict[str, float] = {}
    for way in _WAYS:
        guest = busy_guest(machine, way)
        _cheat(guest, way)
        found[way], coopd = _gain(machine, way)
        row = coop.domain(machine.dom0, way)
        if way == "floods":
            guest.console.expect(r"^cheater: \d{3,} messages are sent", PATIENCE)
        machine.destroy_guest(guest)
        print(f"    {way}: gains {found[way]:+.4f} of the processor, coopd uses {coopd:.4f}; "
              f"enforced {row['enforcements']} times; {row['protocol']}")
        assert _cheated(way, row), f"{way}: {row}"
        assert coopd <= _MOST_FOR_COOPD, f"{way}: coopd uses {coopd:.4f} of the processor"
        honest = coop.domain(machine.dom0, _HONEST)
        assert honest["cooperating"], honest
        assert honest["protocol"]["violations"] == 0, honest["protocol"]
        assert "(null)" not in machine.dom0.run("xl list", timeout=PATIENCE).output
    assert max(found.values()) <= _MOST_GAIN, found
