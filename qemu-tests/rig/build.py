# SPDX-License-Identifier: MIT
"""Builds Lavandin with CMake and Ninja."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from pathlib import Path

from . import cache, packages, paths, process
from .errors import RigError
from .progress import Step

_CONFIGURE_TIMEOUT = 600
_BUILD_TIMEOUT = 3600
_MOST_LINES = 60  # of a failed build's output
_EXTRA = {  # packages that only these presets need
    paths.HOST_PRESET: ("libraries", "test", "clang"),
    paths.DOM0_PRESET: ("libraries",),
}


def ensure(preset: str, quiet: bool = False) -> None:
    """The products of the preset, up to date. Downloads and installs what that needs."""
    compiler = ["clang"] if preset.startswith("clang") else []
    packages.ensure_host("build", *compiler, *_EXTRA.get(preset, ()))
    packages.ensure("build")
    _cmake(preset, quiet)


def _cmake(preset: str, quiet: bool) -> None:
    directory = paths.preset_directory(preset)
    paths.LOGS.mkdir(parents=True, exist_ok=True)
    log = paths.LOGS / f"build-{preset}.log"
    environment = {**os.environ, "NINJA_STATUS": "[%f/%t] "}
    with cache.exclusive(f"build-{preset}"):
        log.write_bytes(b"")
        if not (directory / "build.ninja").exists():
            with Step(f"configuring {preset}", quiet) as step:
                process.run(
                    ["cmake", "--preset", preset],
                    timeout=_CONFIGURE_TIMEOUT,
                    step=step,
                    log=log,
                    cwd=paths.ROOT,
                    env=environment,
                )
                step.note("")
        with Step(f"building {preset}", quiet) as step:
            status, output = process.run(
                ["cmake", "--build", directory],
                timeout=_BUILD_TIMEOUT,
                step=step,
                log=log,
                check=False,
                cwd=paths.ROOT,
                env=environment,
            )
            step.note("" if status == 0 else "see below")
            if status:
                raise RigError(f"the build of {preset} failed\n{_failure(output)}\n(all: {log})")


def compiler(preset: str) -> str:
    """What a preset was built with, as CMake found it: `gcc-release, GNU 12.2.0`."""
    found = paths.preset_directory(preset).glob("CMakeFiles/*/CMakeCXXCompiler.cmake")
    text = "".join(file.read_text() for file in found)
    words = re.findall(r'CMAKE_CXX_COMPILER_(?:ID|VERSION) "([^"]+)"', text)
    return f"{preset}, {' '.join(words) or '?'}"


def _failure(output: str) -> str:
    """The part of Ninja's output that begins with the first failure, without its command line."""
    begin = output.find("\nFAILED: ")
    lines = output[max(begin, 0) :].strip().split("\n")
    if begin >= 0:
        del lines[1:2]
    return "\n".join(lines[:_MOST_LINES])


def clean(everything: bool) -> list[str]:
    """Removes what was built; with `everything` the whole build folder. Returns what went. Raises
    RigError when another driver of this checkout is at work: it would lose what it works on."""
    if not paths.BUILD.is_dir():
        return []
    with contextlib.ExitStack() as locks:
        names = {file.name.removeprefix(cache.LOCK_PREFIX) for file in _locks()}
        presets = (*paths.PRESETS, paths.HOST_PRESET, paths.DOM0_PRESET)
        names |= {"packages", "cache", *(f"build-{preset}" for preset in presets)}
        busy = [f"{what} is locked" for what in cache.exclusive_now(sorted(names), locks)]
        busy += [f"{command} (process {pid})" for pid, command in paths.drivers()]
        if busy:
            raise RigError(f"nothing was removed, ./lavandin is at work: {', '.join(busy)}")
        return _remove(everything)


def _locks() -> list[Path]:
    return sorted(paths.BUILD.glob(f"{cache.LOCK_PREFIX}*"))


def _remove(everything: bool) -> list[str]:
    """The locks go last, because they guard the rest, and are not worth a word."""
    kept = [] if everything else [paths.PACKAGES, paths.RUN]
    locks = _locks()
    gone = []
    for victim in sorted(paths.BUILD.iterdir()):
        if victim not in kept and victim not in locks:
            _remove_one(victim)
            gone.append(str(victim.relative_to(paths.ROOT)))
    for lock in locks:
        lock.unlink(missing_ok=True)
    if everything:
        paths.BUILD.rmdir()
    return gone


def _remove_one(victim: Path) -> None:
    if victim.is_dir() and not victim.is_symlink():
        shutil.rmtree(victim)
    else:
        victim.unlink()
