# SPDX-License-Identifier: MIT
"""Pages that a guest shares with dom0: seen, written, and not reused before dom0 lets go."""

from __future__ import annotations

import re
import time

from rig import hostile
from rig.machine import Guest
from rig.testing.system import Context, provide, system_test

from ._shell import answer, wait_for_shell

_PROGRAM = provide(hostile.PATH, hostile.build)
_HOLD = 3  # seconds that dom0 keeps the page mapped


def _given_out(guest: Guest) -> int:
    found = re.search(r"memory server, given out +(\d+) KiB", answer(guest, "free"))
    assert found
    return int(found.group(1))


def _reference(guest: Guest, line: str) -> str:
    guest.console.send(f"{line}\n")
    return guest.console.expect(r"^reference (\d+)\s", 60).group(1).decode()


@system_test("grants: dom0 uses a page of a guest until it lets go", timeout=240, processors=0)
def page_for_dom0(context: Context) -> None:
    guest = context.guest("full", memory=32, name="granter")
    wait_for_shell(guest)
    dom0 = context.shared.dom0
    dom0.run(f"chmod +x {_PROGRAM}")
    domain = dom0.run("xl domid granter").output.strip()

    reference = _reference(guest, "granter")
    found = dom0.run(f"{_PROGRAM} answer {domain} {reference} {_HOLD}").output
    assert "found: from the guest" in found, found
    guest.console.expect(r"^answer: from dom0", 60)
    busy = guest.console.expect(r"^busy (\d+) times, then ended", 60)
    assert int(busy.group(1)) > 0, "the grant ended while dom0 had the page mapped"
    gone = dom0.run(f"{_PROGRAM} answer {domain} {reference} 0", check=False)
    assert gone.status, "dom0 could map the page after the grant had ended"

    answer(guest, "echo ready")
    before = _given_out(guest)
    reference = _reference(guest, "granter --leave")
    holding = dom0.start(f"{_PROGRAM} answer {domain} {reference} {_HOLD}")
    guest.console.expect(r"^answer: from dom0", 60)
    held = _given_out(guest)  # its program has ended
    assert held >= before + 4, f"{held} KiB given out, {before} before: the page was taken back"
    dom0.wait(holding, "the holder of the page", 60)
    for _ in range(20):
        after = _given_out(guest)
        if after == before:
            break
        time.sleep(0.5)
    assert after == before, f"{after} KiB given out, {before} before"
