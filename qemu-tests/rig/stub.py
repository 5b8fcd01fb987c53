# SPDX-License-Identifier: MIT
"""Builds the rig's own test guest (qemu-tests/stub), which boots without Lavandin."""

from __future__ import annotations

from pathlib import Path

from . import cache, packages, paths, process

_SOURCES = paths.QEMU_TESTS / "stub"
_UNITS = ("entry.S", "stub.c", "floor_entry.S", "floor.c")
_SCRIPT = "stub.ld"
_FILES = (*_UNITS, "stub.h", _SCRIPT)


def build() -> Path:
    """The stub kernel with debug information, made when its sources changed."""
    sources = [_SOURCES / name for name in _FILES]
    return cache.made("stub", cache.fingerprint(sources), _compile)


def _compile(file: Path) -> None:
    packages.ensure_host("build")
    packages.ensure("build")
    process.run(
        ["gcc", "-g", "-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-nostdlib"]
        + ["-static", "-fno-pic", "-no-pie", "-mcmodel=kernel", "-mno-red-zone"]
        + ["-mgeneral-regs-only", "-fno-stack-protector", "-fno-asynchronous-unwind-tables"]
        + ["-fcf-protection=none", "-fno-omit-frame-pointer", "-Wl,--build-id=none"]
        + ["-D__XEN_INTERFACE_VERSION__=0x00040e00", "-Wl,-z,max-page-size=4096"]
        + [f"-I{paths.PACKAGES}/libxen-dev/usr/include", "-o", str(file)]
        + ["-T", str(_SOURCES / _SCRIPT), *(str(_SOURCES / unit) for unit in _UNITS)],
        timeout=60,
    )
