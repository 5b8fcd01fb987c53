# SPDX-License-Identifier: MIT
"""Whether tests that the conformance suite refers to are there.

A pair of system call and answer that the suite cannot bring about where it runs is declared with
the test that does, so that it does not count as untested:

    TESTED_ELSEWHERE(out_of_memory, clock_page, "hostunit/kernel/system_test.cpp: a_test");

The test must stand in that file and name the answer; the file must name the call."""

from __future__ import annotations

import re
from pathlib import Path

DECLARATION = re.compile(
    r"^[ \t]*TESTED_ELSEWHERE\(\s*(?P<answer>\w+),\s*(?P<call>\w+)"
    r'(?:,\s*(?P<where>"[^;]*"))?\s*\);',
    re.M,
)
BROKEN_STRING = re.compile(r'"\s*"')
CPP_TEST = r"^TEST\w*\(\w+, {}\b.*?^}}"
PYTHON_TEST = r'"{}"'


def declarations(text: str) -> list[tuple[str, str, str]]:
    """Answer, call and where that is said to be tested."""
    return [
        (m["answer"], m["call"], BROKEN_STRING.sub("", m["where"] or "").strip('"'))
        for m in DECLARATION.finditer(text)
    ]


def fault(root: Path, answer: str, call: str, where: str) -> str | None:
    """Why that does not hold; None when it does."""
    file, separator, test = where.partition(": ")
    if not separator:
        return "does not say in which file by which test"
    if not (root / file).is_file():
        return f"{file} is not there"
    text = DECLARATION.sub("", (root / file).read_text())  # which name all, but test nothing
    pattern = PYTHON_TEST if file.endswith(".py") else CPP_TEST
    body = re.search(pattern.format(re.escape(test)), text, re.M | re.S)
    if not body:
        return f"{file} has no test `{test}`"
    if file.endswith(".py"):
        return None  # it uses programs, not system calls
    if not re.search(rf"\b{call}\b", text):
        return f"{file} does not name the call"
    if answer != "none" and not re.search(rf"\b{answer}\b", body[0]):
        return f"{file}: `{test}` does not name the answer"
    return None
