# SPDX-License-Identifier: MIT
"""Where the logs of a run go: build/logs/last-NAME, emptied first, or where the user wants them."""

from __future__ import annotations

import shutil
from pathlib import Path

from . import paths


def fresh_directory(name: str, keep: Path | None = None) -> Path:
    """An empty directory for this run's logs; one that the user chose is not emptied."""
    directory = keep.resolve() if keep else paths.LOGS / f"last-{name}"
    if not keep:
        shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True, exist_ok=True)
    return directory
