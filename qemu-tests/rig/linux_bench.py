# SPDX-License-Identifier: MIT
"""The Linux that is measured beside Lavandin: the packaged kernel with bench/linux as its /init."""

from __future__ import annotations

from pathlib import Path

from . import apt, cache, initramfs, packages, paths, process
from .cpio import Archive
from .machine import GuestConfig

_SOURCES = paths.ROOT / "bench" / "linux"
_PROGRAM = ("main.c", "measure.c")
_SMALLEST = "end.S"
_FILES = (*_PROGRAM, "measure.h", _SMALLEST)
# The initial domain's time stamp counter is the processor's own; Linux does not trust it unasked,
# and without it the vDSO could not read the clock. Nor does it put mappings at random places: where
# they come to lie decides how many page tables a process has, and that what starting one costs.
_COMMAND_LINE = "console=hvc0 quiet tsc=reliable norandmaps"
MEMORY = 256  # MiB; Linux does not start in what Lavandin is measured in


def _compile(target: Path, options: list[str], sources: list[str]) -> None:
    command = ["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-s", *options]
    process.run([*command, "-o", str(target), *sources], timeout=120)


def _root() -> Path:
    """The initial file system, made when a source changed."""
    sources = [_SOURCES / name for name in _FILES]
    return cache.made("linux-bench.cpio", cache.fingerprint(sources), _make_root)


def _make_root(file: Path) -> None:
    packages.ensure_host("build")
    init, end = paths.CACHE / "linux-bench-init", paths.CACHE / "linux-bench-end"
    _compile(init, ["-pthread"], [str(_SOURCES / name) for name in _PROGRAM])
    _compile(end, ["-nostdlib"], [str(_SOURCES / _SMALLEST)])
    archive = Archive()
    archive.program("init", init.read_bytes())
    archive.program("end", end.read_bytes())
    archive.directory("dev")
    file.write_bytes(archive.bytes())


def c_library() -> str:
    """What the program is linked with, and so a part of what starting it costs."""
    return apt.installed_version("libc6-dev") or "?"


def guest(hotplug: bool = False) -> GuestConfig:
    """`hotplug`: processors that come and go, of two, instead of the rest."""
    packages.ensure("dom0")
    return GuestConfig(
        name="linux",
        kernel=initramfs.kernel(),
        boot_image=_root(),
        command_line=_COMMAND_LINE + " measure=hotplug" * hotplug,
        memory=MEMORY,
        vcpus=2 if hotplug else 1,
    )
