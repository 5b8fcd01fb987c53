# SPDX-License-Identifier: MIT
"""Whether a guest has come to its prompt, from what its console said."""

from __future__ import annotations

import re

SHELL = "lavandin> "
STUB = "stub> "
_PROMPT = re.compile(rf"^(?:{SHELL}|{STUB})", re.M)
# What init says when the shell has ended or cannot be started.
_NO_SHELL = re.compile(r"^(?:\[.*\] )?init: (?:program )?shell\b", re.M)


def reached(text: str) -> bool:
    """Whether a shell has waited for input, and has not ended since."""
    ends = [found.end() for found in _NO_SHELL.finditer(text)]
    return _PROMPT.search(text, ends[-1] if ends else 0) is not None
