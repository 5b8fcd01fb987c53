# SPDX-License-Identifier: MIT
"""The rig itself, with its stub guest: so that a failure elsewhere is not the rig's."""

from __future__ import annotations

from rig import GuestConfig, MachineOptions, stub
from rig.testing import conformance
from rig.testing.system import Context, system_test


def _check(condition: bool, text: str) -> None:
    if not condition:
        raise AssertionError(text)


@system_test("rig: a direct guest talks and ends", timeout=60, needs_build=False)
def direct_echo(context: Context) -> None:
    guest = context.machine("direct").create_guest(
        GuestConfig(kernel=stub.build(), without_boot_image=True)
    )
    guest.console.expect("stub> ")
    guest.console.send("hello\n")
    guest.console.expect("heard: hello")
    guest.console.send("quit\n")
    reason = guest.wait_for_shutdown(20)
    _check(reason == "reboot", f"ended by {reason}")


@system_test("rig: a direct guest's crash is symbolised", timeout=60, needs_build=False)
def direct_crash(context: Context) -> None:
    guest = context.machine("direct").create_guest(
        GuestConfig(kernel=stub.build(), without_boot_image=True, command_line="run=crash")
    )
    reason = guest.wait_for_shutdown(20)
    _check(reason == "crash", f"ended by {reason}")
    report = guest.crash_report()
    for part in ("crash_here+0x0", "crash_deeper+", "stub.c:"):
        _check(part in report, f"no {part} in:\n{report}")


@system_test("rig: two domUs beside each other, by name", timeout=120, needs_build=False)
def two_guests(context: Context) -> None:
    files = {"/guest/stub": stub.build()}
    machine = context.machine("full", guests=2, files=files)
    guests = [
        machine.create_guest(
            GuestConfig(name=name, kernel="/guest/stub", without_boot_image=True, memory=16)
        )
        for name in ("one", "two")
    ]
    for guest in guests:
        guest.console.expect("stub> ")
    for guest in guests:
        guest.console.send(f"I am {guest.name}\n")
    for guest in guests:
        guest.console.expect(f"heard: I am {guest.name}")
    listed = machine.dom0.run("xl list").output
    _check("one" in listed and "two" in listed, listed)
    guests[0].console.send("quit\n")
    reason = guests[0].wait_for_shutdown(20)
    _check(reason == "reboot", f"ended by {reason}")
    machine.destroy_guest(guests[0])
    crashing = machine.create_guest(
        GuestConfig(
            name="three",
            kernel="/guest/stub",
            without_boot_image=True,
            memory=16,
            command_line="run=crash",
        )
    )
    reason = crashing.wait_for_shutdown(20)
    _check(reason == "crash", f"ended by {reason}")
    report = crashing.crash_report()
    _check("crash_deeper+" in report and "stub.c:" in report, report)


@system_test("rig: a report with failures fails", timeout=60, needs_build=False)
def failing_report(context: Context) -> None:
    options = MachineOptions(preset=context.preset)
    for line, expected in (
        ("run=conformance", ["passed", "skipped", "passed"]),
        ("run=failure", ["passed", "failed", "failed"]),
        ("run=crash", ["failed", "failed"]),
    ):
        report = conformance.run_guest("direct", options, stub.build(), line, timeout=20)
        outcomes = [case.outcome for case in report.cases]
        _check(outcomes == expected, f"{line}: {outcomes}")
