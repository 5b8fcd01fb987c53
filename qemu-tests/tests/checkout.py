# SPDX-License-Identifier: MIT
"""A checkout that lies where paths are awkward."""

from __future__ import annotations

import tempfile
from pathlib import Path

from rig import paths, process
from rig.testing.system import Context, system_test

from . import _checkout

_PRESET = "gcc-release"
_TARGETS = ("lavandin", "init", "echo")  # kernel, libos and newlib are linked


@system_test("a checkout builds whose path has blanks and a comma", timeout=400, processors=2,
             about=20)
def awkward_path(context: Context) -> None:
    with tempfile.TemporaryDirectory(prefix="a path, with blanks ", dir=paths.BUILD) as directory:
        checkout = Path(directory, "lavandin sources")
        _checkout.copy(checkout)
        _checkout.add_built(checkout)
        process.run(["cmake", "--preset", _PRESET], timeout=60, cwd=checkout)
        build = ["cmake", "--build", checkout / "build" / _PRESET]
        process.run([*build, "--target", *_TARGETS], timeout=300, cwd=checkout)
        for product in ("lavandin.stripped", "programs/stripped/echo"):
            assert (checkout / "build" / _PRESET / product).stat().st_size, product
