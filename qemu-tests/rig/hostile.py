# SPDX-License-Identifier: MIT
"""Builds the program that plays a hostile dom0 (qemu-tests/hostile), for tests to take along."""

from __future__ import annotations

from pathlib import Path

from . import cache, packages, paths, process

PATH = "/test/hostile"  # in dom0
_SOURCE = paths.QEMU_TESTS / "hostile" / "hostile.c"
_LIBRARIES = ("xengnttab", "xencall", "xentoolcore", "xentoollog")


def build() -> Path:
    """The static program, made when its source changed."""
    return cache.made("hostile", cache.fingerprint([_SOURCE, Path(__file__)]), _compile)


def _compile(file: Path) -> None:
    packages.ensure_host("build")
    packages.ensure("build")
    library = paths.PACKAGES / "libxen-dev" / "usr"
    process.run(
        ["gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-o", str(file), str(_SOURCE)]
        + [f"-I{library}/include", f"-L{library}/lib/x86_64-linux-gnu"]
        + ["-D__XEN_INTERFACE_VERSION__=0x00040e00"]
        + [f"-l{name}" for name in _LIBRARIES]
        + ["-lpthread", "-ldl"],
        timeout=60,
    )
