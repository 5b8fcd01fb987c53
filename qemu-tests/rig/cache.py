# SPDX-License-Identifier: MIT
"""What is made once and kept: stamps that say from what, and the lock that guards making."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TextIO

from . import paths
from .progress import Step

LOCK_PREFIX = ".lock-"


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


def made(name: str, content: str, make: Callable[[Path], None]) -> Path:
    """build/cache/NAME, as `make` last wrote it from just this content. It is written elsewhere
    first, by one driver at a time, so that nobody sees a part of it."""
    file, stamp = paths.CACHE / name, paths.CACHE / f"{name}.stamp"
    if not (fresh(stamp, content) and file.exists()):
        with exclusive("cache"):
            if not (fresh(stamp, content) and file.exists()):  # another driver may have made it
                paths.CACHE.mkdir(parents=True, exist_ok=True)
                part = paths.CACHE / f"{name}.part"
                make(part)
                stamp.unlink(missing_ok=True)
                part.replace(file)
                stamp.write_text(content)
    return file


@contextlib.contextmanager
def exclusive(what: str) -> Iterator[None]:
    """Only one driver in this checkout at a time does `what`; others wait and say so."""
    while True:
        paths.BUILD.mkdir(parents=True, exist_ok=True)
        with lock_file(what).open("w") as handle:
            if not _take(handle):
                with Step(f"waiting for another ./lavandin ({what})"):
                    fcntl.flock(handle, fcntl.LOCK_EX)
            if not _same(handle, lock_file(what)):
                continue  # whoever held it has removed it: it guards nothing any more
            yield
            return


def exclusive_now(names: Iterable[str], stack: contextlib.ExitStack) -> list[str]:
    """Takes all of these locks until the stack is closed, without waiting. Returns the names of
    those that others hold."""
    held = []
    for what in names:
        handle = stack.enter_context(lock_file(what).open("w"))
        if not _take(handle):
            held.append(what)
    return held


def lock_file(what: str) -> Path:
    return paths.BUILD / f"{LOCK_PREFIX}{what}"


def _take(handle: TextIO) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _same(handle: TextIO, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle.fileno()), file.stat())
    except OSError:
        return False
