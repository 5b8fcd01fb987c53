# SPDX-License-Identifier: MIT
"""Builds Lavandin with CMake and Ninja."""

from __future__ import annotations

import os
import shutil

from . import cache, packages, paths, process
from .errors import RigError
from .progress import Step

_CONFIGURE_TIMEOUT = 600
_BUILD_TIMEOUT = 3600
_MOST_LINES = 60  # of a failed build's output


def ensure(preset: str, quiet: bool = False) -> None:
    """The products of the preset, up to date. Downloads and installs what that needs."""
    compiler = ["clang"] if preset.startswith("clang") else []
    extra = ["test"] if preset == "host" else []
    packages.ensure_host("build", *compiler, *extra)
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


def _failure(output: str) -> str:
    """The part of Ninja's output that begins with the first failure, without its command line."""
    begin = output.find("\nFAILED: ")
    lines = output[max(begin, 0) :].strip().split("\n")
    if begin >= 0:
        del lines[1:2]
    return "\n".join(lines[:_MOST_LINES])


def clean(everything: bool) -> list[str]:
    """Removes what was built; with `everything` the whole build folder. Returns what went."""
    if everything:
        victims = [paths.BUILD]
    else:
        kept = (paths.PACKAGES, paths.RUN)
        victims = [entry for entry in sorted(paths.BUILD.glob("*")) if entry not in kept]
    gone = []
    for victim in victims:
        if victim.is_dir() and not victim.is_symlink():
            shutil.rmtree(victim)
        elif victim.exists():
            victim.unlink()
        else:
            continue
        gone.append(str(victim.relative_to(paths.ROOT)))
    return gone
