# SPDX-License-Identifier: MIT
"""The instructions of the built kernel and of the modules that it loads, its notes, rights and size
(tools/check_image.py), and whether that check finds what it must find. Each compiler and each way
to optimise takes other instructions, so those of every preset's kernel are looked at."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from .. import build, elf, packages, paths
from ..ktap import Case
from . import tools
from .results import Group, Selection

NAME = "image checks"
_PLANTED = "a cli in the kernel itself is found"
_PLANTED_MODULE = "a cli in a scheduling module is found"
_CLI = b"\xfa"
_VICTIM = "start_of_day"
_EXECUTABLE = 4  # SHF_EXECINSTR
_OTHERS = paths.PRESETS[1:]  # beside the one that is tested by default


def listing() -> list[str]:
    checks = [name for name, _, _ in tools.load("check_image").CHECKS]
    return [*checks, *map(_of_preset, _OTHERS), _PLANTED, _PLANTED_MODULE]


def _of_preset(preset: str) -> str:
    return f"no instruction of {preset}'s kernel is"


def run(preset: str, group: Group, selection: Selection) -> None:
    wanted = [name for name in listing() if selection.wants(NAME, name)]
    if not wanted:
        return
    packages.ensure_host("test")
    build.ensure(preset)
    module = tools.load("check_image")
    files = {
        module.KERNEL: paths.kernel(preset),
        module.STRIPPED: paths.stripped_kernel(preset),
        module.MODULES: paths.modules(preset),
    }
    for name, check, what in module.CHECKS:
        if name in wanted:
            _add(group, name, check(files[what])[: module.MOST_FINDINGS])
    for other in _OTHERS:
        if _of_preset(other) in wanted:
            _check_preset(group, other, module.check_instructions)
    if _PLANTED in wanted:
        _add(group, _PLANTED, _plant(paths.kernel(preset), module.check_instructions))
    if _PLANTED_MODULE in wanted:
        _add(group, _PLANTED_MODULE, _plant_in_module(paths.modules(preset), module.check_modules))
    if selection.whole(NAME):
        tools.run_units("check_image", group)


def _check_preset(group: Group, preset: str, check: Callable[[Path], list[str]]) -> None:
    """Kernels that nobody has built are built by `.ci/run`, where each must be there."""
    if paths.kernel(preset).exists():
        return _add(group, _of_preset(preset), check(paths.kernel(preset)))
    outcome = "failed" if os.environ.get("CI") else "skipped"
    group.add(Case(_of_preset(preset), outcome, f"needs `./lavandin build --preset {preset}`"))


def _add(group: Group, name: str, findings: list[str]) -> None:
    group.add(Case(name, "failed" if findings else "passed", "\n".join(findings)))


def _plant(kernel: Path, check: Callable[[Path], list[str]]) -> list[str]:
    """Overwrites the first instruction of the kernel's entry in a copy."""
    (victim,) = [each for each in elf.Elf(kernel).symbols() if each.name == _VICTIM]
    place = tools.load("kernel_file").Elf(kernel).file_offset(victim.address)
    copy = _with_cli(kernel, place, paths.run_directory() / "kernel-with-cli")
    findings = check(copy)
    copy.unlink()
    expected = f"privileged: {victim.address:x} in {_VICTIM}: cli"
    return [] if expected in findings else [f"not found: {expected}", *findings]


def _plant_in_module(modules: Path, check: Callable[[Path], list[str]]) -> list[str]:
    """In a folder of copies, overwrites the first instruction of the last module."""
    copies = Path(shutil.copytree(modules, paths.run_directory() / "modules-with-cli"))
    victim = tools.load("kernel_instructions").modules(copies)[-1]
    sections = tools.load("kernel_file").Elf(victim).sections
    (code,) = [each for each in sections if each.flags & _EXECUTABLE]
    _with_cli(victim, code.offset, victim)
    findings = check(copies)
    shutil.rmtree(copies)
    expected = rf"{victim.name}: privileged: [0-9a-f]+ in {re.escape(code.name)}: cli"
    found = [each for each in findings if re.fullmatch(expected, each)]
    return [] if found else [f"not found: {expected}", *findings]


def _with_cli(file: Path, place: int, copy: Path) -> Path:
    data = bytearray(file.read_bytes())
    data[place : place + 1] = _CLI
    copy.write_bytes(data)
    return copy
