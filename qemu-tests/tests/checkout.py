# SPDX-License-Identifier: MIT
"""A checkout that lies where paths are awkward."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from rig import paths, process
from rig.testing.system import Context, system_test

_PRESET = "gcc-release"
_TARGETS = ("lavandin", "init", "echo")  # kernel, libos and newlib are linked


def _copy(target: Path) -> None:
    """The sources, and of what is built newlib and the packages."""
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
    (target / "build").mkdir()
    (target / "build" / "packages").symlink_to(paths.PACKAGES.resolve())
    shutil.copytree(paths.BUILD / "newlib", target / "build" / "newlib")


@system_test("a checkout builds whose path has blanks and a comma", timeout=400, processors=2,
             about=20)
def awkward_path(context: Context) -> None:
    with tempfile.TemporaryDirectory(prefix="a path, with blanks ", dir=paths.BUILD) as directory:
        checkout = Path(directory, "lavandin sources")
        _copy(checkout)
        process.run(["cmake", "--preset", _PRESET], timeout=60, cwd=checkout)
        build = ["cmake", "--build", checkout / "build" / _PRESET]
        process.run([*build, "--target", *_TARGETS], timeout=300, cwd=checkout)
        for product in ("lavandin.stripped", "programs/stripped/echo"):
            assert (checkout / "build" / _PRESET / product).stat().st_size, product
