# SPDX-License-Identifier: MIT
"""What tests type into Lavandin's shell, and what it answers."""

from __future__ import annotations

import re

from rig.machine import Guest
from rig.prompt import SHELL as PROMPT

BOOT_TIMEOUT = 120
_COMMAND_TIMEOUT = 60


def wait_for_shell(guest: Guest, timeout: float = BOOT_TIMEOUT) -> None:
    guest.console.expect(f"^{PROMPT}", timeout)


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
