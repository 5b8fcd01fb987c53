# SPDX-License-Identifier: MIT
"""Makes a crash dump readable: which words of the dumped stack lead back into the kernel."""

from __future__ import annotations

import re

from .symbols import Symboliser

_STACK = re.compile(r"(?:stack trace from|^Stack:)[^\n]*\n(.*)", re.S | re.M)
_TRACE = "Call Trace:\n"
_WORD = re.compile(r"\b[0-9a-f]{16}\b")
_TRACE_WORD = re.compile(r"\[<([0-9a-f]{16})>\](?! <--)")
_MOST = 32


def stack_words(dump: str) -> list[int]:
    """The words of the stack that a dump shows: after the heading in Xen's form, one to a line in
    xenctx's longer "call trace", which is no more than that."""
    if _TRACE in dump:
        return [int(word, 16) for word in _TRACE_WORD.findall(dump.partition(_TRACE)[2])]
    found = _STACK.search(dump)
    words: list[int] = []
    for line in found.group(1).split("\n") if found else []:
        line = line.removeprefix("(XEN)").strip()
        if not re.match(r"[0-9a-f]{16}\b", line):
            break
        words += [int(word, 16) for word in _WORD.findall(line)]
    return words


def with_calls(dump: str, symboliser: Symboliser) -> str:
    """The dump of one VCPU, followed by the stack words that are return addresses, innermost first.
    xenctx's call trace, where it has one, is replaced by them."""
    calls = [
        f"    {word:016x}  {text}"
        for word in stack_words(dump)
        if (text := symboliser.return_address(word))
    ]
    if not calls:
        return dump
    dump = dump.partition(_TRACE)[0].rstrip()
    return "\n".join([dump, "Possible calls, innermost first:", *calls[:_MOST]])
