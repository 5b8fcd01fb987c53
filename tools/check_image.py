#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Looks at a built kernel with the eyes of somebody who does not trust it.

    check_image.py KERNEL STRIPPED MODULES

KERNEL has symbols, STRIPPED is what boots, MODULES the folder of the scheduling modules that it can
load. Checked are: every instruction (only those that are known to be harmless in ring 3 under Xen,
a few more in the functions of the kernel that may use them), the size, Xen's ELF notes, and the
rights of sections and segments. Prints each finding; exit status 1 when there is one. Needs objdump
(binutils) and pyelftools."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from check_outside_view import differences
from kernel_file import check_notes, check_rights, check_size
from kernel_instructions import check_instructions, check_modules

MOST_FINDINGS = 40
KERNEL, STRIPPED, MODULES = range(3)

# Name, check, and what it looks at.
CHECKS: list[tuple[str, Callable[[Path], list[str]], int]] = [
    ("no instruction is privileged, shows the host or uses the FPU", check_instructions, KERNEL),
    ("no instruction of the scheduling modules is, either", check_modules, MODULES),
    ("Xen's ELF notes are there and right", check_notes, STRIPPED),
    ("the note for readers from outside says what DWARF says", differences, KERNEL),
    ("nothing is writable and executable", check_rights, STRIPPED),
    ("the stripped kernel is under 400 KiB", check_size, STRIPPED),
]


def main(arguments: list[str]) -> int:
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    failed = False
    for name, check, what in CHECKS:
        findings = check(Path(arguments[what]))
        failed |= bool(findings)
        print(f"{'FAILED' if findings else 'ok'}: {name}")
        for finding in findings[:MOST_FINDINGS]:
            print(f"    {finding}")
        if len(findings) > MOST_FINDINGS:
            print(f"    (+{len(findings) - MOST_FINDINGS} more)")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
