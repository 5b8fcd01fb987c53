# SPDX-License-Identifier: MIT
"""Values on the command line: what they may be, and a message that says so."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable

MOST_VCPUS = 64
MOST_WORDS = 1023  # bytes of a guest's command line, xen/include/public/xen.h: MAX_GUEST_CMDLINE
MOST_PROCESSORS = 255  # of QEMU's machine
_MOST_SECONDS = 1_000_000


def whole_number(least: int, most: int, why: str = "") -> Callable[[str], int]:
    """A type for argparse: a whole number in that range; `why` explains the upper end."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if not least <= value <= most:
            explained = f" ({why})" if why else ""
            raise argparse.ArgumentTypeError(f"{value} is not from {least} to {most}{explained}")
        return value

    return convert


def seconds(text: str) -> float:
    """A type for argparse: a time that can be waited for."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds") from None
    if not 0 <= value <= _MOST_SECONDS:  # nor is NaN
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to {_MOST_SECONDS} seconds")
    return value


def pattern(text: str) -> str:
    """A type for argparse: a regular expression."""
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a regular expression: {error}") from None
    return text


def command_line(text: str) -> str:
    """A type for argparse: a guest's command line. xl's configuration has it between quotation
    marks and knows no way to write one there."""
    if not text.isascii() or not text.isprintable() or '"' in text or "\\" in text:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not printable ASCII without quotation marks and backslashes"
        )
    if len(text) > MOST_WORDS:
        raise argparse.ArgumentTypeError(f"it is not within {MOST_WORDS} bytes")
    return text


def host_memory() -> int:
    """The MiB that this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20


def memory() -> Callable[[str], int]:
    """A type for argparse: MiB, no more than there are."""
    return whole_number(1, host_memory(), "all the MiB that this machine has")
