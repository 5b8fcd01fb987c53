# SPDX-License-Identifier: MIT
"""Every server is ended in the middle of requests: clients finish, nothing is lost or left over."""

from __future__ import annotations

from rig import ktap
from rig.machine import Guest
from rig.testing.system import Context, system_test

_TIMEOUT = 400


def _check(context: Context, guest: Guest, skipped: set[str]) -> None:
    got = guest.wait_for_shutdown(_TIMEOUT - 60)
    assert got in ("poweroff", "reboot"), f"ended by {got}\n{guest.console.tail()}"
    report = ktap.parse(guest.console.text)
    for case in report.cases:
        print(f"    {case.name}: {case.outcome} {case.detail}".rstrip().replace("\n", "\n      "))
    assert report.complete
    assert {case.name for case in report.cases if case.outcome == "skipped"} == skipped
    assert not [case for case in report.cases if case.outcome == "failed"]


@system_test("servers die in the middle of requests (direct)", timeout=_TIMEOUT, processors=2)
def direct(context: Context) -> None:
    guest = context.guest("direct", command_line="run=server-deaths", memory=64, vcpus=2)
    _check(context, guest, {"servers.xenstore_dies"})


@system_test("servers die in the middle of requests (domU)", timeout=_TIMEOUT, processors=2)
def in_a_domu(context: Context) -> None:
    guest = context.guest("full", command_line="run=server-deaths", memory=64, vcpus=2)
    _check(context, guest, set())
