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
    made, stamp = paths.CACHE / "stub", paths.CACHE / "stub.stamp"
    print_ = cache.fingerprint(sources)
    if not (cache.fresh(stamp, print_) and made.exists()):
        packages.ensure_host("build")
        packages.ensure("build")
        paths.CACHE.mkdir(parents=True, exist_ok=True)
        process.run(
            ["gcc", "-g", "-O2", "-Wall", "-Wextra", "-Werror", "-ffreestanding", "-nostdlib"]
            + ["-static", "-fno-pic", "-no-pie", "-mcmodel=kernel", "-mno-red-zone"]
            + ["-mgeneral-regs-only", "-fno-stack-protector", "-fno-asynchronous-unwind-tables"]
            + ["-fcf-protection=none", "-fno-omit-frame-pointer", "-Wl,--build-id=none"]
            + ["-D__XEN_INTERFACE_VERSION__=0x00040e00", "-Wl,-z,max-page-size=4096"]
            + [f"-I{paths.PACKAGES}/libxen-dev/usr/include", "-o", str(made)]
            + [f"-Wl,-T,{_SOURCES / _SCRIPT}", *(str(_SOURCES / unit) for unit in _UNITS)],
            timeout=60,
        )
        stamp.write_text(print_)
    return made
