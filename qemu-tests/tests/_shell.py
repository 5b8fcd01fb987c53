# SPDX-License-Identifier: MIT
"""What tests type into Lavandin's shell, and what it answers."""

from __future__ import annotations

import re

from rig.machine import Guest

PROMPT = "lavandin> "
BOOT_TIMEOUT = 120
_COMMAND_TIMEOUT = 60


def wait_for_shell(guest: Guest, timeout: float = BOOT_TIMEOUT, processors: int = 1) -> None:
    """Until the prompt is there and so many processors are online. The kernel says of each that it
    is, which would come between what is typed and what is answered."""
    guest.console.expect(f"^{PROMPT}", timeout)
    lines = [f"processor {number}: online\n" for number in range(1, processors)]
    guest.console.wait(lambda: all(line in guest.console.text for line in lines), timeout)
    missing = [line.strip() for line in lines if line not in guest.console.text]
    assert not missing, f"not said: {missing}\n{guest.console.tail()}"


def answer(guest: Guest, line: str, timeout: float = _COMMAND_TIMEOUT) -> str:
    """Types a line at the prompt; returns what stands between it and the next prompt."""
    guest.console.send(f"{line}\n")
    found = guest.console.expect(rf"{re.escape(line)}\r*\n((?s:.*?))^{PROMPT}", timeout)
    return found.group(1).decode(errors="replace").replace("\r", "")


def expect_answer(guest: Guest, line: str, *patterns: str) -> str:
    """As `answer`, and fails unless each regular expression is found in it."""
    text = answer(guest, line)
    for pattern in patterns:
        assert re.search(pattern, text, re.M), f"no {pattern!r} in the answer to {line!r}:\n{text}"
    return text
