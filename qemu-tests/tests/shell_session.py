# SPDX-License-Identifier: MIT
"""A session at the shell of a domU: programs, their ends, and Ctrl-C."""

from __future__ import annotations

import re
import time

from rig.testing.system import Context, system_test

from ._shell import PROMPT, answer, expect_answer, wait_for_shell

_ADDRESS = "0x[0-9a-f]+"


@system_test("shell: programs run and answer", timeout=180)
def programs(context: Context) -> None:
    guest = context.guest("full", memory=32)
    wait_for_shell(guest)
    expect_answer(guest, "help", r"^  history ", r"^  poweroff +ends the machine")
    expect_answer(
        guest,
        "ps",
        r"^ +1 +0 alive .* init$",
        r"^ +\d+ +1 alive .* shell$",
        r"^ +\d+ +1 alive .* xenstore$",
        r" ps$",
    )
    expect_answer(guest, "free", r"^machine +32768 KiB$", r"^free +\d+ KiB$")
    expect_answer(guest, "uptime", r"^20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC, up 0:0\d:\d\d$")
    expect_answer(guest, "echo  one  'two  words'", r"^one two  words$")
    expect_answer(guest, "nonsense", r"^nonsense: not found$")
    expect_answer(guest, "exit-with 7", r"^exit-with: status 7$")
    expect_answer(guest, "history", r"^ +1  help$", r"^ +7  exit-with 7$")
    expect_answer(guest, "dmesg", r"^memory: \d+ KiB free of 32768 KiB$")
    assert answer(guest, "") == "", "an empty line answered something"


@system_test("shell: a program's fault is named and symbolised", timeout=180)
def faults(context: Context) -> None:
    guest = context.guest("full", memory=32)
    wait_for_shell(guest)
    for kind, said in (
        ("read", rf"^fault: page fault at {_ADDRESS}, reading 0x8$"),
        ("write", rf"^fault: page fault at {_ADDRESS}, writing {_ADDRESS}$"),
        ("execute", rf"^fault: page fault at ({_ADDRESS}), executing \1$"),
        ("kernel", rf"^fault: page fault at {_ADDRESS}, reading 0xffff800000000000$"),
        ("instruction", rf"^fault: invalid instruction at {_ADDRESS}$"),
        ("divide", rf"^fault: division error at {_ADDRESS}$"),
    ):
        text = expect_answer(guest, f"fault {kind}", said)
        if kind != "execute":  # its address is data
            assert re.search(r"\[<fault:\w+>\] \| .*\(programs/fault\.cpp:\d+\)", text), text
    expect_answer(
        guest,
        "overflow",
        r"deeper.*\(programs/overflow\.cpp:\d+\)",
        rf"^overflow: stack overflow, page fault at {_ADDRESS}, writing {_ADDRESS}$",
    )
    expect_answer(guest, "echo still here", "^still here$")


@system_test("shell: kill and Ctrl-C end a running program", timeout=180)
def ended_programs(context: Context) -> None:
    guest = context.guest("full", memory=32)
    wait_for_shell(guest)
    for line in ("sleep 1000", "sleep --busy 1000"):
        number = expect_answer(guest, f"{line} &", r"^\[\d+\] sleep$").split("]")[0].lstrip("[")
        expect_answer(guest, "ps", rf"^ +{number} .* sleep$")
        answer(guest, f"kill {number}")
        text = answer(guest, "ps")
        assert not re.search(rf"^ +{number} ", text, re.M), text
        guest.console.send(f"{line}\n")
        guest.console.expect(re.escape(line))
        time.sleep(0.5)  # until it runs; earlier is fine, too, but another case
        guest.console.send(b"\x03")
        guest.console.expect(r"^sleep: ended by request\r?$")
        guest.console.expect(f"^{PROMPT}")
    expect_answer(guest, "kill 1", "^kill: 1: init cannot be ended: nobody could start it again$")
    expect_answer(guest, "echo still here", "^still here$")


@system_test("shell: what is typed ahead is shown once, by who reads it", timeout=180)
def typed_ahead(context: Context) -> None:
    guest = context.guest("direct", memory=32)
    wait_for_shell(guest)
    guest.console.send("sleep 2\n")
    guest.console.expect("sleep 2")
    time.sleep(0.5)  # until it runs; earlier is fine, too, but another case
    guest.console.send("cat\nfor cat\n\x04echo for the shell\n")
    guest.console.expect(r"^for the shell\r*$")
    guest.console.expect(f"^{PROMPT}")
    text = guest.console.text.replace("\r", "")
    expected = f"{PROMPT}cat\nfor cat\nfor cat\n{PROMPT}echo for the shell\nfor the shell\n{PROMPT}"
    assert text.endswith(f"{PROMPT}sleep 2\n{expected}"), text
