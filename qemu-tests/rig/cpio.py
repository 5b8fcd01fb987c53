# SPDX-License-Identifier: MIT
"""Writes cpio archives in the "newc" format that Linux unpacks as its first file system.

Archives may be put one behind the other, later entries winning: Linux's own rule
(Documentation/driver-api/early-userspace/buffer-format.rst)."""

from __future__ import annotations

import stat
from pathlib import PurePosixPath

_TRAILER = "TRAILER!!!"


class Archive:
    """Add entries, then take `bytes()`. Missing parent directories are added by themselves."""

    def __init__(self) -> None:
        self._out = bytearray()
        self._directories: set[str] = {"."}
        self._inode = 0

    def file(self, path: str, data: bytes, mode: int = 0o644) -> None:
        self._entry(path, stat.S_IFREG | mode, data)

    def program(self, path: str, data: bytes) -> None:
        self.file(path, data, 0o755)

    def symlink(self, path: str, target: str) -> None:
        self._entry(path, stat.S_IFLNK | 0o777, target.encode())

    def directory(self, path: str) -> None:
        name = path.strip("/")
        if name and name not in self._directories:
            self._parents(name)
            self._directories.add(name)
            self._raw(name, stat.S_IFDIR | 0o755, b"")

    def bytes(self) -> bytes:
        """The archive so far, closed by its trailer and padded so that another may follow."""
        begin = len(self._out)
        self._raw(_TRAILER, 0, b"")
        self._out += b"\0" * (-len(self._out) % 512)
        done = bytes(self._out)
        del self._out[begin:]
        return done

    def _parents(self, name: str) -> None:
        for parent in reversed(PurePosixPath(name).parents):
            if str(parent) != ".":
                self.directory(str(parent))

    def _entry(self, path: str, mode: int, data: bytes) -> None:
        name = path.strip("/")
        self._parents(name)
        self._raw(name, mode, data)

    def _raw(self, name: str, mode: int, data: bytes) -> None:
        self._inode += 1
        encoded = name.encode() + b"\0"
        links = 2 if stat.S_ISDIR(mode) else 1
        fields = [self._inode, mode, 0, 0, links, 0, len(data), 0, 0, 0, 0, len(encoded), 0]
        self._out += b"070701" + b"".join(b"%08x" % field for field in fields) + encoded
        self._out += b"\0" * (-len(self._out) % 4)
        self._out += data
        self._out += b"\0" * (-len(self._out) % 4)
