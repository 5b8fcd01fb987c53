# SPDX-License-Identifier: MIT
"""Where the logs of a run go: build/logs/last-NAME, emptied first, or where the user wants them."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from . import paths
from .errors import RigError


def fresh_directory(name: str, keep: Path | None = None) -> Path:
    """An empty directory for this run's logs; one that the user chose is not emptied."""
    directory = keep.resolve() if keep else paths.LOGS / f"last-{name}"
    if not keep:
        shutil.rmtree(directory, ignore_errors=True)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass  # it can be written to
    except OSError as error:
        raise RigError(f"no logs can be kept in {directory}: {error.strerror}") from error
    return directory
