# SPDX-License-Identifier: MIT
"""Where things are, and the private directory of this run."""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
QEMU_TESTS = ROOT / "qemu-tests"
TOOLS = ROOT / "tools"
BUILD = ROOT / "build"
PACKAGES = BUILD / "packages"
CACHE = BUILD / "cache"
LOGS = BUILD / "logs"
RUN = BUILD / "run"

PRESETS = ("gcc-release", "gcc-debug", "clang-release", "clang-debug")
DEFAULT_PRESET = PRESETS[0]
HOST_PRESET = "host"  # the host units
DOM0_PRESET = "dom0"  # programs for dom0
_machines = itertools.count(1)


def preset_directory(preset: str) -> Path:
    return BUILD / preset


def kernel(preset: str) -> Path:
    """The kernel with debug information."""
    return preset_directory(preset) / "lavandin"


def stripped_kernel(preset: str) -> Path:
    return preset_directory(preset) / "lavandin.stripped"


def boot_image(preset: str) -> Path:
    return preset_directory(preset) / "boot.image"


def modules(preset: str) -> Path:
    """The scheduling modules, each as the kernel loads it and with debug information."""
    return preset_directory(preset) / "policies"


def run_directory() -> Path:
    """A directory of this process only, gone when the process ends (see remove_run_directory)."""
    directory = RUN / str(os.getpid())
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return directory


def drivers() -> list[tuple[int, str]]:
    """The other drivers of this checkout that are at work: process and command line."""
    found = []
    for directory in sorted(RUN.glob("[0-9]*")):
        try:
            words = Path("/proc", directory.name, "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue  # it was killed and left its directory behind
        names = [os.path.basename(word) for word in words]
        if int(directory.name) != os.getpid() and b"lavandin" in names:
            driver = b" ".join([b"./lavandin", *words[names.index(b"lavandin") + 1 :]])
            found.append((int(directory.name), driver.decode(errors="replace").strip()))
    return found


def machine_directory() -> Path:
    """A new directory for one machine, of whichever mode."""
    directory = run_directory() / f"machine-{next(_machines)}"
    directory.mkdir()
    return directory


def remove_run_directory() -> None:
    """Removes this process's directory and those that killed processes left behind."""
    shutil.rmtree(RUN / str(os.getpid()), ignore_errors=True)
    for directory in RUN.glob("*"):
        if not Path("/proc", directory.name).exists():
            shutil.rmtree(directory, ignore_errors=True)
    try:
        RUN.rmdir()
    except OSError:
        pass  # another ./lavandin is running, or none ever ran
