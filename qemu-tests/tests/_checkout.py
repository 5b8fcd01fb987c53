# SPDX-License-Identifier: MIT
"""Another checkout, to build in."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from rig import paths


def copy(target: Path) -> None:
    """The sources alone."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=paths.ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (paths.ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(paths.ROOT / name, target / name)


def add_built(target: Path) -> None:
    """Of what is built newlib and the packages."""
    (target / "build").mkdir(exist_ok=True)
    (target / "build" / "packages").symlink_to(paths.PACKAGES.resolve())
    shutil.copytree(paths.BUILD / "newlib", target / "build" / "newlib")
