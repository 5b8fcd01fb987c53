# SPDX-License-Identifier: MIT
"""A crash of the kernel: Xen is told, and registers and a symbolised stack are shown."""

from __future__ import annotations

import re

from rig.machine import Guest
from rig.testing.system import Context, system_test

from ._shell import expect_answer, wait_for_shell

_AT_START = (
    r"kernel::start\(kernel::Boot const&\)\+0x[0-9a-f]+ \(kernel/source/start\.cpp:\d+\)",
    r"arch_start\+0x[0-9a-f]+ \(arch/x86-xenpv/source/start_of_day\.cpp:\d+\)",
    r"start_of_day\+0x",
)
_IN_A_SYSTEM_CALL = (
    r"kernel::system_call::system_shutdown\([^)]*\)\+0x[0-9a-f]+ \(kernel/source/calls_system",
    r"kernel::dispatch\(kernel::Thread&\)\+0x",
    r"system_call_from_user\+0x[0-9a-f]+ \(kernel/source/system_call_entry\.cpp:\d+\)",
    r"system_call_entry\+0x",
)


def _check(guest: Guest, stack: tuple[str, ...] = _AT_START) -> None:
    text = guest.console.text
    for pattern in (r"^kernel fault: page fault \(14\), code 2, address 0$", r"^  rip ffffffff8"):
        assert re.search(pattern, text, re.M), f"no {pattern!r} in:\n{text}"
    assert re.search(".*".join(stack), text, re.S), f"no stack in:\n{text}"


@system_test("a kernel fault of a domU is a crash to Xen, with a symbolised stack", timeout=180)
def in_a_domu(context: Context) -> None:
    guest = context.guest("full", memory=16, name="faulty", command_line="kernel_fault=1")
    context.expect_end(guest, "crash")
    _check(guest)
    row = context.shared.dom0.run("xl list -v faulty | tail -n 1").output.split()
    assert "c" in row[4] and row[7] == "3", row  # SHUTDOWN_crash
    report = guest.crash_report()
    for part in ("arch::shutdown", "exception_from_kernel+", "(kernel/source/start.cpp:", "cr3:"):
        assert part in report, f"no {part} in:\n{report}"


@system_test("a kernel fault of the initial domain is a crash to Xen", timeout=180)
def direct(context: Context) -> None:
    guest = context.guest("direct", command_line="kernel_fault=1")
    context.expect_end(guest, "crash")
    _check(guest)


@system_test("a kernel fault late in the run is a crash to Xen, too", timeout=180)
def late(context: Context) -> None:
    for mode in ("direct", "full"):
        guest = context.guest(mode, memory=16, command_line="kernel_fault=2")
        wait_for_shell(guest)
        expect_answer(guest, "echo it runs", "^it runs$")
        guest.console.send("poweroff\n")
        context.expect_end(guest, "crash")
        _check(guest, _IN_A_SYSTEM_CALL)
        assert re.search(r"^while process init \(1\) ran", guest.console.text, re.M)
