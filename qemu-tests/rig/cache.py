# SPDX-License-Identifier: MIT
"""What is made once and kept: stamps that say from what, and the lock that guards making."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
from collections.abc import Iterator
from pathlib import Path

from . import paths
from .progress import Step


def fresh(stamp: Path, content: str) -> bool:
    """Whether what the stamp stands for was made from exactly this content."""
    try:
        return stamp.read_text() == content
    except OSError:
        return False


def fingerprint(files: list[Path]) -> str:
    """A digest of files' names and contents."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


@contextlib.contextmanager
def exclusive(what: str) -> Iterator[None]:
    """Only one driver in this checkout at a time does `what`; others wait and say so."""
    paths.BUILD.mkdir(parents=True, exist_ok=True)
    with (paths.BUILD / f".lock-{what}").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with Step(f"waiting for another ./lavandin ({what})"):
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield
