# SPDX-License-Identifier: MIT
"""Where the logs of a run go: build/logs/last-NAME, emptied first, or where the user wants them.
While another driver has its logs there, last-NAME-2, and so on: nobody loses those of a run."""

from __future__ import annotations

import fcntl
import itertools
import os
import shutil
import tempfile
from pathlib import Path

from . import paths
from .errors import RigError
from .progress import say

_mine: dict[Path, int] = {}  # which this process uses, and the lock that says so to others


def fresh_directory(name: str, keep: Path | None = None) -> Path:
    """An empty directory for this run's logs; one that the user chose is not emptied."""
    directory = keep.resolve() if keep else paths.LOGS / f"last-{name}"
    try:
        if keep is None:
            directory = _first_free(directory)
            _empty(directory)
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass  # it can be written to
    except OSError as error:
        raise RigError(f"no logs can be kept in {directory}: {error.strerror}") from error
    return directory


def _first_free(first: Path) -> Path:
    """The first of its names that no other process uses; nobody else takes it until we end."""
    names = (first if n == 1 else first.with_name(f"{first.name}-{n}") for n in itertools.count(1))
    return next(name for name in names if name in _mine or _take(name))


def _take(directory: Path) -> bool:
    directory.mkdir(parents=True, exist_ok=True)
    lock = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return False
    _mine[directory] = lock
    return True


def _empty(directory: Path) -> None:
    """The directory itself stays, as the lock is on it."""
    for entry in directory.iterdir() if directory.is_dir() else ():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        else:
            entry.unlink(missing_ok=True)


class LogFile:
    """Takes what is written as long as there is room for it. The loss is said, once: what is
    logged goes on without."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb", buffering=0)

    def write(self, data: bytes) -> None:
        if self._file.closed:
            return
        try:
            self._file.write(data)
        except OSError as error:
            self._file.close()
            say(f"{self._path}: {error.strerror}; no more is written there")

    def close(self) -> None:
        self._file.close()
