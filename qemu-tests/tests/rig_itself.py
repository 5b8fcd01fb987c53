# SPDX-License-Identifier: MIT
"""The rig itself, with its stub guest: so that a failure elsewhere is not the rig's."""

from __future__ import annotations

import time

from rig import GuestConfig, MachineOptions, stub
from rig.errors import TimedOut
from rig.logs import fresh_directory
from rig.testing import conformance
from rig.testing.system import Context, provide, system_test


_STUB = provide("/guest/stub", stub.build)


@system_test("rig: a direct guest talks and ends", timeout=180, needs_build=False)
def direct_echo(context: Context) -> None:
    guest = context.machine("direct").create_guest(
        GuestConfig(kernel=stub.build(), without_boot_image=True)
    )
    guest.console.expect("stub> ")
    guest.console.send("hello\n")
    guest.console.expect("heard: hello")
    guest.console.send("quit\n")
    context.expect_end(guest, "reboot")


@system_test("rig: a direct guest's crash is symbolised", timeout=180, needs_build=False)
def direct_crash(context: Context) -> None:
    guest = context.machine("direct").create_guest(
        GuestConfig(kernel=stub.build(), without_boot_image=True, command_line="run=crash")
    )
    context.expect_end(guest, "crash")
    report = guest.crash_report()
    for part in ("crash_here+0x0", "crash_deeper+", "stub.c:"):
        assert part in report, f"no {part} in:\n{report}"


@system_test("rig: domUs beside each other", timeout=180, needs_build=False)
def guests_beside_each_other(context: Context) -> None:
    one, two = (
        context.guest("full", name=name, kernel=_STUB, without_boot_image=True, memory=16)
        for name in ("one", "two")
    )
    for guest in (one, two):
        guest.console.expect("stub> ")
    for guest in (one, two):
        guest.console.send(f"I am {guest.name}\n")
    for guest in (one, two):
        guest.console.expect(f"heard: I am {guest.name}")
    listed = context.shared.dom0.run("xl list").output
    assert "one" in listed and "two" in listed, listed
    one.console.send("quit\n")
    context.expect_end(one, "reboot")


@system_test("rig: domUs and dom0 go on when the host held them up", timeout=240, needs_build=False)
def held_up(context: Context) -> None:
    """See qemu-tests/README.md about credit2: what was held up must be scheduled again."""
    guests = [
        context.guest("full", name=name, kernel=_STUB, without_boot_image=True, memory=16)
        for name in ("held-1", "held-2", "held-3")
    ]
    for guest in guests:
        guest.console.expect("stub> ")
    machine = context.shared
    for number in range(40):
        for guest in guests:
            guest.console.send(f"round {number}\n")
        for _ in range(3):
            time.sleep(0.03)
            machine.qemu.hold_up(0.05)
        for guest in guests:
            guest.console.expect(f"heard: round {number}\\b", timeout=30)
    assert machine.dom0.run("echo here").output == "here\n"


@system_test("rig: a domU's crash is symbolised", timeout=180, needs_build=False)
def domu_crash(context: Context) -> None:
    guest = context.guest(
        "full", kernel=_STUB, without_boot_image=True, memory=16, command_line="run=crash"
    )
    context.expect_end(guest, "crash")
    report = guest.crash_report()
    assert "crash_deeper+" in report and "stub.c:" in report, report


@system_test("rig: commands in dom0", timeout=180, needs_build=False)
def dom0_commands(context: Context) -> None:
    dom0 = context.shared.dom0
    assert dom0.run("exit 3", check=False).status == 3
    slow, quick = dom0.start("sleep 2; echo slow"), dom0.start("echo quick")
    assert quick.result(20).output == "quick\n" and not slow.done()
    assert slow.result(20).output == "slow\n"
    dom0.put("/tmp/bytes", bytes(range(256)))
    assert dom0.run("wc -c </tmp/bytes").output.strip() == "256"
    try:
        dom0.run("sleep 30", timeout=1)
    except TimedOut:
        return
    raise AssertionError("a command outlived its time")


@system_test("rig: a report with failures fails", timeout=180, needs_build=False)
def failing_report(context: Context) -> None:
    options = MachineOptions(logs=fresh_directory("rig-reports"), quiet=True)
    for line, expected in (
        ("run=conformance", ["passed", "skipped", "passed"]),
        ("run=failure", ["passed", "failed", "failed"]),
        ("run=crash", ["failed", "failed"]),
    ):
        report = conformance.run_guest("direct", options, stub.build(), line, timeout=20)
        outcomes = [case.outcome for case in report.cases]
        assert outcomes == expected, f"{line}: {outcomes}"


@system_test("rig: a hanging guest is a failure that says where", timeout=180, needs_build=False)
def hanging_report(context: Context) -> None:
    options = MachineOptions(logs=fresh_directory("rig-hang"), quiet=True)
    report = conformance.run_guest("direct", options, stub.build(), "run=echo", timeout=4)
    details = "\n".join(case.detail + case.name for case in report.cases)
    assert "processor 0" in details and "no end within 4 s" in details, details
