# SPDX-License-Identifier: MIT
"""Makes a crash dump readable: which words of the dumped stack lead back into the kernel."""

from __future__ import annotations

import re

from .symbols import Symboliser

_STACK = re.compile(r"(?:stack trace from|^Stack:)[^\n]*\n(.*)", re.S | re.M)
_WORD = re.compile(r"\b[0-9a-f]{16}\b")
_MOST = 32


def stack_words(dump: str) -> list[int]:
    """The words that Xen's dump (or xenctx's) shows after its stack headings."""
    found = _STACK.search(dump)
    words: list[int] = []
    for line in found.group(1).split("\n") if found else []:
        line = line.removeprefix("(XEN)").strip()
        if not re.match(r"[0-9a-f]{16}\b", line):
            break
        words += [int(word, 16) for word in _WORD.findall(line)]
    return words


def with_calls(dump: str, symboliser: Symboliser) -> str:
    """The dump, followed by the stack words that are return addresses, innermost first."""
    calls = [
        f"    [<{word:016x}>] {text}"
        for word in stack_words(dump)
        if (text := symboliser.return_address(word))
    ]
    if not calls:
        return dump
    return "\n".join([dump, "Possible calls, innermost first:", *calls[:_MOST]])
