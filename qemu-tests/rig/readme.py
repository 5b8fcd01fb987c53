# SPDX-License-Identifier: MIT
"""The table of costs in README.md, made from what docs/figures.json records."""

from __future__ import annotations

from typing import Any

from . import paths
from .errors import RigError

FILE = paths.ROOT / "README.md"
_HEAD = (
    "| operation | Lavandin | Linux PV, nearest equivalent |",
    "| --- | --- | --- |",
)
# What a line is called, Lavandin's figure, Linux's and what that is.
_START = "kernel entry to the first process"
_PIPE = "pipe round trip between two processes"
_PAGE_MADE = "mmap, touch and munmap an anonymous page beside another"
_ROWS = (
    ("null system call", "null system call", "null system call (getppid)", "`getppid`"),
    (
        "read the clock without a system call",
        "read the clock by its page",
        "clock_gettime by vDSO",
        "vDSO",
    ),
    (
        "call and reply between two processes",
        "call and reply between two processes",
        _PIPE,
        "pipe round trip",
    ),
    (
        "call between members of a group, without the kernel",
        "call between members of a group",
        _PIPE,
        "the same",
    ),
    (
        "two thread switches between processes",
        "two thread switches between processes",
        "two switches by sched_yield between processes",
        "`sched_yield`",
    ),
    (
        "notifications there and back between processes",
        "notifications there and back between processes",
        "eventfd, there and back between processes",
        "`eventfd`",
    ),
    (
        "map and unmap a page",
        "map and unmap a page",
        "mmap of a shared page beside another, populated, and munmap",
        "`mmap`, `munmap` beside another page",
    ),
    (
        "make, map, touch, unmap and free a page",
        "make, map, touch, unmap and free a page",
        _PAGE_MADE,
        "`mmap`, touch, `munmap`",
    ),
    (
        "share a page with another process",
        "share a page: make, give, map, touch, unmap, free",
        "memfd, passed, mapped, touched, unmapped, closed",
        "`memfd`, passed",
    ),
    (
        "a fault served by a pager",
        "fault served by a pager, page unmapped",
        "fault served through userfaultfd, page dropped",
        "`userfaultfd`",
    ),
    (
        "start a process of one page, run it to its end",
        "process start, one page, to its end",
        "vfork, execve of a program of one page, exit, wait",
        "`vfork`, `execve`, `exit`, `wait`",
    ),
    (
        "start a program from its ELF file, run it to its end",
        "program start by init, to its end",
        "vfork, execve of a static C program, exit, wait",
        "the same",
    ),
    (_START, _START, _START, ""),
    ("kernel entry to the shell's prompt", "kernel entry to the shell's prompt", "", ""),
    (
        "a sleep of 1 ms ends too late by",
        "sleep of 1 ms, overshoot",
        "sleep of 1 ms, overshoot",
        "",
    ),
)


def _number(row: dict[str, Any]) -> str:
    value, unit = row["median"], row.get("unit")
    if unit == "ns":
        return f"{value / 1000:.1f} us"
    return f"{value / 1e6:,.1f} million" if value >= 1e7 or unit else f"{value:,.0f}"


def _cell(row: dict[str, Any], remark: str) -> str:
    return _number(row) + (f" ({remark})" if remark else "")


def table(figures: dict[str, Any]) -> str:
    """Raises RigError when one of its figures is not recorded."""
    ours = figures["lavandin"] | figures["not compared"]["lavandin"]
    theirs = figures["linux"] | figures["not compared"]["linux"]
    lines = list(_HEAD)
    try:
        for label, mine, other, remark in _ROWS:
            floor = ours[mine].get("floor")
            left = _cell(ours[mine], f"{floor:,.0f}" if floor else "")
            right = _cell(theirs[other], remark) if other else ""
            lines.append(f"| {label} | {left} | {right} |".replace("|  |", "| |"))
    except KeyError as error:
        raise RigError(f"{error} is not recorded") from error
    return "\n".join(lines) + "\n"


def _place(text: str) -> tuple[int, int]:
    """Where the table begins and ends."""
    begin = text.find(_HEAD[0])
    end = text.find("\n\n", begin) + 1
    if begin < 0 or end <= 0:
        raise RigError(f"{FILE} has no table that begins with {_HEAD[0]}")
    return begin, end


def shown() -> str:
    text = FILE.read_text()
    begin, end = _place(text)
    return text[begin:end]


def write(figures: dict[str, Any]) -> None:
    text = FILE.read_text()
    begin, end = _place(text)
    FILE.write_text(text[:begin] + table(figures) + text[end:])
