# SPDX-License-Identifier: MIT
"""The guest's side of cooperation where nobody is on the other: it says how to find it, asks
nobody, spends nothing, and its successor does the same."""

from __future__ import annotations

import re
import time

from rig.machine import Guest
from rig.testing.system import Context, system_test

from ._shell import answer, expect_answer, wait_for_shell

_KEYS = ("version-least", "version-most", "guest-page-ref", "vmm-page-ref", "event-channel")


class _Home:
    """The domain's part of the store, as dom0 sees it."""

    def __init__(self, context: Context, guest: Guest) -> None:
        self._dom0 = context.shared.dom0
        number = self._dom0.run(f"xl domid {guest.name}").output.strip()
        self._folder = f"/local/domain/{number}/data/cooperation"

    def wait_until_ready(self) -> dict[str, int]:
        """The keys, once `state`, which is written last, says so."""
        state = ""
        for _ in range(60):
            state = self._dom0.run(f"xenstore-read {self._folder}/state", check=False).output
            if state.strip() == "ready":
                break
            time.sleep(0.5)
        assert state.strip() == "ready", state
        read = f"cd /; for key in {' '.join(_KEYS)}; do xenstore-read {self._folder}/$key; done"
        values = self._dom0.run(read).output.split()
        assert len(values) == len(_KEYS), values
        return {key: int(value) for key, value in zip(_KEYS, values)}




@system_test("cooperation: without a VMM side a guest is found, asks nobody, and goes on",
             timeout=240)
def alone(context: Context) -> None:
    guest = context.guest("full", memory=32, vcpus=2)
    wait_for_shell(guest)
    home = _Home(context, guest)
    first = home.wait_until_ready()
    assert first["version-least"] <= 1 <= first["version-most"], first
    assert first["guest-page-ref"] != first["vmm-page-ref"], first

    expect_answer(guest, "coop", "^cooperation +apart", "^in use +0-1$")
    expect_answer(guest, "coop request 2", "^coop: request: there is nobody to ask$")
    expect_answer(guest, "coop release 1", "^coop: release: there is nobody to ask$")
    for wrong in ("nonsense", "request", "request x", "request 65", "release 1 2 3"):
        expect_answer(guest, f"coop {wrong}", "^usage: coop ")
    expect_answer(guest, "coop --help", "^usage: coop ", "request N +asks")

    # The successor's references are others or the same; nothing of the old ones stays behind.
    for _ in range(3):
        number = re.search(r"^ *(\d+) .*resources", answer(guest, "ps"), re.M)
        assert number, answer(guest, "ps")
        expect_answer(guest, f"kill {number.group(1)}", "^$")
        expect_answer(guest, "coop", "^cooperation +apart")
        assert home.wait_until_ready() == first, "a grant or channel was left over"
    expect_answer(guest, "processors", "^ +0 online", "^ +1 online")
