# SPDX-License-Identifier: MIT
"""Boot images made wrong on purpose, out of a good one (kernel/abi/lavandin/abi/boot_image.hpp)."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

_HEADER = struct.Struct("<QIIQQII24x")
_SEGMENT = struct.Struct("<QQQQQ")
_FILE = struct.Struct("<48sQQ")
PAGE = 4096

HEADER_FIELDS = ("magic", "version", "checksum", "bytes", "entry", "segments", "files")
SEGMENT_FIELDS = ("offset", "address", "file_bytes", "memory_bytes", "rights")
FILE_FIELDS = ("name", "offset", "bytes")


def _rows(layout: struct.Struct, names: tuple[str, ...], data: bytes, at: int, count: int) -> list:
    return [dict(zip(names, layout.unpack_from(data, at + i * layout.size))) for i in range(count)]


@dataclass
class BootImage:
    """Header, tables and contents apart. `data()` puts them together again; the checksum is made
    right unless `keep_checksum`, and `cut` bytes are left out at the end."""

    header: dict
    segments: list[dict]
    files: list[dict]
    contents: bytes  # everything, tables included
    keep_checksum: bool = False
    cut: int = 0
    _tables_end: int = field(default=0)

    @staticmethod
    def read(path: Path) -> BootImage:
        data = path.read_bytes()
        header = dict(zip(HEADER_FIELDS, _HEADER.unpack_from(data)))
        segments_at = _HEADER.size
        files_at = segments_at + header["segments"] * _SEGMENT.size
        segments = _rows(_SEGMENT, SEGMENT_FIELDS, data, segments_at, header["segments"])
        files = _rows(_FILE, FILE_FIELDS, data, files_at, header["files"])
        return BootImage(header, segments, files, data)

    def file(self, name: str) -> dict:
        return next(row for row in self.files if row["name"].rstrip(b"\0") == name.encode())

    def replace(self, name: str, data: bytes) -> None:
        """Puts other contents into a file, at the image's end."""
        row = self.file(name)
        row["offset"], row["bytes"] = len(self.contents), len(data)
        self.contents += data + bytes(-len(data) % PAGE)
        self.header["bytes"] = len(self.contents)

    def add(self, name: str, data: bytes) -> None:
        """Adds a file."""
        if self._tables_bytes() + _FILE.size > self._tables_room():
            self._move_contents(PAGE)
        self.files.append({"name": name.encode(), "offset": 0, "bytes": 0})
        self.files.sort(key=lambda row: row["name"].rstrip(b"\0"))
        self.header["files"] += 1
        self.replace(name, data)

    def _tables_bytes(self) -> int:
        return _HEADER.size + len(self.segments) * _SEGMENT.size + len(self.files) * _FILE.size

    def _tables_room(self) -> int:
        return min(row["offset"] for row in self.segments + self.files if row["offset"])

    def _move_contents(self, by: int) -> None:
        for row in self.segments + self.files:
            row["offset"] += by
        self.contents = bytes(by) + self.contents
        self.header["bytes"] = len(self.contents)

    def data(self) -> bytes:
        tables = b"".join(_SEGMENT.pack(*row.values()) for row in self.segments)
        tables += b"".join(_FILE.pack(*row.values()) for row in self.files)
        if not self.keep_checksum:
            head = _HEADER.pack(*(self.header | {"checksum": 0}).values())
            self.header["checksum"] = zlib.crc32(head + tables)
        head = _HEADER.pack(*self.header.values()) + tables
        assert len(head) <= self._tables_room()
        whole = head + self.contents[len(head) :]
        return whole[: len(whole) - self.cut]
