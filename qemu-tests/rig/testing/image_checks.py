# SPDX-License-Identifier: MIT
"""The built kernel's instructions, notes, rights and size (tools/check_image.py), and whether that
check finds what it must find."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .. import build, elf, packages, paths
from ..ktap import Case
from . import tools
from .results import Group, Selection

NAME = "image checks"
_PLANTED = "a cli in the kernel itself is found"
_CLI = b"\xfa"
_VICTIM = "start_of_day"


def listing() -> list[str]:
    checks = [name for name, _, _ in tools.load("check_image").CHECKS]
    return [*checks, _PLANTED]


def run(preset: str, group: Group, selection: Selection) -> None:
    wanted = [name for name in listing() if selection.wants(NAME, name)]
    if not wanted:
        return
    packages.ensure_host("test")
    build.ensure(preset)
    module = tools.load("check_image")
    files = {True: paths.stripped_kernel(preset), False: paths.kernel(preset)}
    for name, check, on_stripped in module.CHECKS:
        if name in wanted:
            _add(group, name, check(files[on_stripped])[: module.MOST_FINDINGS])
    if _PLANTED in wanted:
        _add(group, _PLANTED, _plant(paths.kernel(preset), module.check_instructions))
    if selection.whole(NAME):
        tools.run_units("check_image", group)


def _add(group: Group, name: str, findings: list[str]) -> None:
    group.add(Case(name, "failed" if findings else "passed", "\n".join(findings)))


def _plant(kernel: Path, check: Callable[[Path], list[str]]) -> list[str]:
    """Overwrites the first instruction of the kernel's entry in a copy."""
    (victim,) = [each for each in elf.Elf(kernel).symbols() if each.name == _VICTIM]
    place = tools.load("kernel_file").Elf(kernel).file_offset(victim.address)
    data = bytearray(kernel.read_bytes())
    data[place : place + 1] = _CLI
    copy = paths.run_directory() / "kernel-with-cli"
    copy.write_bytes(data)
    findings = check(copy)
    copy.unlink()
    expected = f"privileged: {victim.address:x} in {_VICTIM}: cli"
    return [] if expected in findings else [f"not found: {expected}", *findings]
